import { problemForm } from '../../../errorForm';
import { ETAG_SAYS, etagHeader, ifMatch, ifMatchHeader } from '../../../etags';
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
  headers: ifMatchHeader,
  success: { status: 200, description: 'Paused.', schema: subscriptionAnswer, headers: ETAG_SAYS },
  errors: [404, 412],
  async handle({ scope, params: { id }, headers, services }) {
    const subscription = await services.subscriptions.pause({ id, scope, requires: ifMatch(headers) });
    return { headers: etagHeader(subscription), body: subscription };
  },
});
