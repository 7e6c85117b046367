import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { deliveryAnswer, deliveryState, toDeliveryAnswer } from '../answers';
import { EXAMPLE_IDS, id, instant, pageOf, pageQuery, shownTopic, uuidKey } from '../shapes';

export const listDeliveries = defineRoute({
  operationId: 'listDeliveries',
  method: 'get',
  path: '/v1/deliveries',
  summary: 'List deliveries',
  description: 'Newest first, of deleted subscriptions too. `since` and `until` mean the acceptance of the event.',
  tag: 'Deliveries',
  access: ['operator', 'subscriber'],
  form: problemForm,
  query: pageQuery.extend({
    state: deliveryState.optional(),
    subscriptionId: id
      .optional()
      .meta({ description: 'Only deliveries of this subscription.', example: EXAMPLE_IDS.subscription }),
    topic: shownTopic.optional(),
    since: instant('Only events accepted at this moment or later.').optional(),
    until: instant('Only events accepted before this moment.').optional(),
  }),
  success: { status: 200, description: 'A page of deliveries.', schema: pageOf('DeliveryPage', deliveryAnswer) },
  errors: [404],
  async handle({ scope, query: { cursor, limit, ...filter }, cursors, services }) {
    const page = await services.deliveries.list(scope, filter, cursors.request({ cursor, limit }, uuidKey));
    return { body: cursors.answer({ ...page, data: page.data.map(toDeliveryAnswer) }) };
  },
});
