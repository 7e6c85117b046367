import * as z from 'zod';
import { DELIVERY_STATES } from '../../../../contracts/states';
import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { deliveryAnswer, toDeliveryAnswer } from '../answers';
import { id, instant, pageOf, pageQuery, shownTopic, uuidKey } from '../shapes';

export const listDeliveries = defineRoute({
  method: 'get',
  path: '/v1/deliveries',
  summary: 'List deliveries',
  description: 'Newest first, of deleted subscriptions too. `since` and `until` mean the acceptance of the event.',
  tag: 'Deliveries',
  access: ['operator', 'subscriber'],
  form: problemForm,
  query: pageQuery.extend({
    state: z.enum(DELIVERY_STATES).optional(),
    subscriptionId: id.optional(),
    topic: shownTopic.optional(),
    since: instant.optional(),
    until: instant.optional(),
  }),
  success: { status: 200, description: 'A page of deliveries.', schema: pageOf(deliveryAnswer) },
  errors: [404],
  async handle({ scope, query: { cursor, limit, ...filter }, cursors, services }) {
    const page = await services.deliveries.list(scope, filter, cursors.request({ cursor, limit }, uuidKey));
    return { body: cursors.answer({ ...page, data: page.data.map(toDeliveryAnswer) }) };
  },
});
