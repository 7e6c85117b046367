import * as z from 'zod';
import { gatewayForm } from '../../gatewayForm';
import { defineRoute } from '../../route';
import { callbackUrl } from '../v1/shapes';
import { CONSUMES, eventTag, registration, registrationPath, succeeded, successOf, TAG } from './shapes';

export const changeCallback = defineRoute({
  operationId: 'changeCallback',
  method: 'put',
  path: '/gateway/callbacks/{id}',
  summary: 'Change a registration',
  description:
    'What is not given stays. Another callbackUrl is verified as a new one is; of another eventTag, what is undelivered ' +
    'of the one before is cancelled.',
  tag: TAG,
  access: ['operator', 'subscriber'],
  form: gatewayForm,
  consumes: CONSUMES,
  params: registrationPath,
  body: z
    .strictObject({ eventTag: eventTag.optional(), callbackUrl: callbackUrl.optional() })
    .refine((body) => body.eventTag !== undefined || body.callbackUrl !== undefined, {
      error: 'eventTag or callbackUrl must be given',
      when: ({ issues }) => issues.length === 0,
    })
    .meta({ id: 'GatewayRegistrationChange', example: { callbackUrl: 'http://127.0.0.1:9000/moved' } }),
  success: { status: 200, description: 'The registration.', schema: successOf('GatewayRegistered', registration) },
  errors: [404, 409, 422],
  async handle({ caller, params: { id }, body, services }) {
    return { body: succeeded(await services.gateway.change({ caller, id, ...body })) };
  },
});
