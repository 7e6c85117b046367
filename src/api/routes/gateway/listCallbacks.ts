import * as z from 'zod';
import { gatewayForm } from '../../gatewayForm';
import { defineRoute } from '../../route';
import { registration, succeeded, successOf, TAG } from './shapes';

export const listCallbacks = defineRoute({
  method: 'get',
  path: '/gateway/callbacks',
  summary: "List the app's registrations",
  description: 'All of them, at most 1000, oldest first.',
  tag: TAG,
  access: ['operator', 'subscriber'],
  form: gatewayForm,
  success: { status: 200, description: 'The registrations.', schema: successOf(z.array(registration)) },
  errors: [],
  async handle({ caller, services }) {
    return { body: succeeded(await services.gateway.list(caller)) };
  },
});
