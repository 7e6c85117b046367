import { gatewayForm } from '../../gatewayForm';
import { defineRoute } from '../../route';
import { registrations, succeeded, TAG } from './shapes';

export const listCallbacks = defineRoute({
  operationId: 'listCallbacks',
  method: 'get',
  path: '/gateway/callbacks',
  summary: "List the app's registrations",
  description: 'All of them, at most 1000, oldest first.',
  tag: TAG,
  access: ['operator', 'subscriber'],
  form: gatewayForm,
  success: { status: 200, description: 'The registrations.', schema: registrations },
  errors: [],
  async handle({ caller, services }) {
    return { body: succeeded(await services.gateway.list(caller)) };
  },
});
