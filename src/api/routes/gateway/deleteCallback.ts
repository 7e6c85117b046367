import * as z from 'zod';
import { gatewayForm } from '../../gatewayForm';
import { defineRoute } from '../../route';
import { registrationPath, succeeded, successOf, TAG } from './shapes';

export const deleteCallback = defineRoute({
  operationId: 'deleteCallback',
  method: 'delete',
  path: '/gateway/callbacks/{id}',
  summary: 'Delete a registration',
  description: 'What is undelivered is cancelled; what has failed stays in the failed list.',
  tag: TAG,
  access: ['operator', 'subscriber'],
  form: gatewayForm,
  params: registrationPath,
  success: {
    status: 200,
    description: 'Deleted.',
    schema: successOf('GatewayDeleted', z.null().meta({ description: 'Nothing more.', example: null })),
  },
  errors: [404],
  async handle({ caller, params: { id }, services }) {
    await services.gateway.remove({ caller, id });
    return { body: succeeded(null) };
  },
});
