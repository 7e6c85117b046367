import { problemForm } from '../../../errorForm';
import { ifMatch, ifMatchHeader } from '../../../etags';
import { defineRoute } from '../../../route';
import { cancelledAnswer } from '../answers';
import { subscriptionPath } from '../shapes';

export const deleteSubscription = defineRoute({
  operationId: 'deleteSubscription',
  method: 'delete',
  path: '/v1/subscriptions/{id}',
  summary: 'Delete a subscription',
  description: 'Cancels what is pending of it. Its deliveries can still be read.',
  tag: 'Subscriptions',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: subscriptionPath,
  headers: ifMatchHeader,
  success: { status: 200, description: 'Deleted.', schema: cancelledAnswer },
  errors: [404, 409, 412],
  async handle({ scope, params: { id }, headers, services }) {
    return { body: await services.subscriptions.delete({ id, scope, requires: ifMatch(headers) }) };
  },
});
