import * as z from 'zod';
import { gatewayForm } from '../../gatewayForm';
import { defineRoute } from '../../route';
import { pathId } from '../v1/shapes';
import { callbackUrl, eventTag, format, registration, succeeded, successOf, TAG } from './shapes';

export const changeCallback = defineRoute({
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
  params: pathId,
  body: z
    .strictObject({ eventTag: eventTag.optional(), callbackUrl: callbackUrl.optional(), format: format.optional() })
    .refine((body) => Object.values(body).some((given) => given !== undefined), {
      error: 'eventTag, callbackUrl or format must be given',
      when: ({ issues }) => issues.length === 0,
    })
    .meta({ id: 'GatewayCallbackChange', example: { callbackUrl: 'http://203.0.113.8:8080/callback' } }),
  success: { status: 200, description: 'The registration.', schema: successOf(registration) },
  errors: [404, 409, 422],
  async handle({ caller, params: { id }, body, services }) {
    return { body: succeeded(await services.gateway.change({ caller, id, ...body })) };
  },
});
