import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { subscriptionAnswer } from '../answers';
import { subscriptionPath } from '../shapes';

export const getSubscription = defineRoute({
  operationId: 'getSubscription',
  method: 'get',
  path: '/v1/subscriptions/{id}',
  summary: 'Read a subscription',
  tag: 'Subscriptions',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: subscriptionPath,
  success: { status: 200, description: 'The subscription.', schema: subscriptionAnswer },
  errors: [404],
  async handle({ scope, params: { id }, services }) {
    return { body: await services.subscriptions.read({ id, scope }) };
  },
});
