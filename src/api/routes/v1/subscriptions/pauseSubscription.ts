import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { subscriptionAnswer } from '../answers';
import { subscriptionPath } from '../shapes';

export const pauseSubscription = defineRoute({
  operationId: 'pauseSubscription',
  method: 'post',
  path: '/v1/subscriptions/{id}/pause',
  summary: 'Pause a subscription',
  description: 'Its deliveries are kept until it is resumed. Twice is once.',
  tag: 'Subscriptions',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: subscriptionPath,
  success: { status: 200, description: 'Paused.', schema: subscriptionAnswer },
  errors: [404],
  async handle({ scope, params: { id }, services }) {
    return { body: await services.subscriptions.pause({ id, scope }) };
  },
});
