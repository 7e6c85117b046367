import * as z from 'zod';
import { gatewayForm } from '../../gatewayForm';
import { defineRoute } from '../../route';
import { pathId } from '../v1/shapes';
import { succeeded, successOf, TAG } from './shapes';

export const deleteCallback = defineRoute({
  method: 'delete',
  path: '/gateway/callbacks/{id}',
  summary: 'Delete a registration',
  description: 'What is undelivered is cancelled; what has failed stays in the failed list.',
  tag: TAG,
  access: ['operator', 'subscriber'],
  form: gatewayForm,
  params: pathId,
  success: { status: 200, description: 'Deleted.', schema: successOf(z.null()) },
  errors: [404],
  async handle({ caller, params: { id }, services }) {
    await services.gateway.remove({ caller, id });
    return { body: succeeded(null) };
  },
});
