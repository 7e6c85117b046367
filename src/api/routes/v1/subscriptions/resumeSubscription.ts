import { problemForm } from '../../../errorForm';
import { ETAG_SAYS, etagHeader, ifMatch, ifMatchHeader } from '../../../etags';
import { defineRoute } from '../../../route';
import { subscriptionAnswer } from '../answers';
import { subscriptionPath } from '../shapes';

export const resumeSubscription = defineRoute({
  operationId: 'resumeSubscription',
  method: 'post',
  path: '/v1/subscriptions/{id}/resume',
  summary: 'Resume a paused subscription',
  description: 'What has waited goes out. Twice is once.',
  tag: 'Subscriptions',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: subscriptionPath,
  headers: ifMatchHeader,
  success: { status: 200, description: 'Active.', schema: subscriptionAnswer, headers: ETAG_SAYS },
  errors: [404, 412],
  async handle({ scope, params: { id }, headers, services }) {
    const subscription = await services.subscriptions.resume({ id, scope, requires: ifMatch(headers) });
    return { headers: etagHeader(subscription), body: subscription };
  },
});
