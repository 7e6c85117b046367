import * as z from 'zod';
import { gatewayForm } from '../../gatewayForm';
import { defineRoute } from '../../route';
import { callbackUrl, eventTag, format, registration, registrationPath, succeeded, successOf, TAG } from './shapes';

export const changeCallback = defineRoute({
  operationId: 'changeCallback',
  method: 'put',
  path: '/gateway/callbacks/{id}',
  summary: 'Change a registration',
  description:
    'What is not given stays. Another callbackUrl is verified as a new one is. With `format`, the callback is verified ' +
    'in that form alone, also where nothing else changes. When the eventTag changes, what is undelivered of the one ' +
    'before is cancelled.',
  tag: TAG,
  access: ['operator', 'subscriber'],
  form: gatewayForm,
  params: registrationPath,
  body: z
    .strictObject({ eventTag: eventTag.optional(), callbackUrl: callbackUrl.optional(), format: format.optional() })
    .refine((body) => Object.values(body).some((given) => given !== undefined), {
      error: 'eventTag, callbackUrl or format must be given',
      when: ({ issues }) => issues.length === 0,
    })
    .meta({ id: 'GatewayRegistrationChange', example: { callbackUrl: 'http://127.0.0.1:9000/moved' } }),
  success: { status: 200, description: 'The registration.', schema: successOf('GatewayRegistered', registration) },
  errors: [404, 409, 422],
  async handle({ caller, params: { id }, body, services }) {
    return { body: succeeded(await services.gateway.change({ caller, id, ...body })) };
  },
});
