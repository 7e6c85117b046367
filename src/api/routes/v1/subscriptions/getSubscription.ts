import { problemForm } from '../../../errorForm';
import { ETAG_SAYS, etagHeader, ifNoneMatchHeader, isKnown } from '../../../etags';
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
  headers: ifNoneMatchHeader,
  success: { status: 200, description: 'The subscription.', schema: subscriptionAnswer, headers: ETAG_SAYS },
  otherAnswers: { 304: { description: 'As it was: `If-None-Match` names its ETag.' } },
  errors: [404],
  async handle({ scope, params: { id }, headers: asked, services }) {
    const subscription = await services.subscriptions.read({ id, scope });
    const headers = etagHeader(subscription);
    return isKnown(subscription, asked) ? { status: 304, headers } : { headers, body: subscription };
  },
});
