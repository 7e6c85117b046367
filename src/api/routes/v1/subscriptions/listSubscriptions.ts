import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { subscriptionAnswer } from '../answers';
import { pageOf, pageQuery, uuidKey } from '../shapes';

export const listSubscriptions = defineRoute({
  operationId: 'listSubscriptions',
  method: 'get',
  path: '/v1/subscriptions',
  summary: 'List subscriptions',
  description: 'Newest first.',
  tag: 'Subscriptions',
  access: ['operator', 'subscriber'],
  form: problemForm,
  query: pageQuery,
  success: {
    status: 200,
    description: 'A page of subscriptions.',
    schema: pageOf('SubscriptionPage', subscriptionAnswer),
  },
  errors: [],
  async handle({ scope, query, cursors, services }) {
    const page = await services.subscriptions.list(scope, cursors.request(query, uuidKey));
    return { body: cursors.answer(page) };
  },
});
