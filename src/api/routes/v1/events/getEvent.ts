import * as z from 'zod';
import type { EventWithDeliveries } from '../../../../services/events';
import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { deliveryAnswer, toDeliveryAnswer } from '../answers';
import { EXAMPLE_IDS, nextCursor, pageQuery, pathOf, timestamp } from '../shapes';

/** Subscription, page, and replay. */
const deliveryKey = z.tuple([z.uuid(), z.int32(), z.uuid()]);

const eventAnswer = z
  .object({
    id: z
      .string()
      .meta({ description: 'Id of the event: the `request_id` of its publish.', example: EXAMPLE_IDS.event }),
    tenantId: z.string().meta({ description: 'Id of its tenant.', example: 'acme' }),
    source: z.string().meta({ description: 'Its `event_source`.', example: 'shop' }),
    topic: z.string().meta({ description: 'Its `event_topic`.', example: 'orders' }),
    type: z.string().meta({ description: 'Its `event_type`.', example: 'created' }),
    status: z.string().meta({ description: 'Its `event_status`.', example: 'new' }),
    key: z.string().meta({ description: 'Its `event_key`.', example: 'shop.orders.created.new' }),
    changes: z
      .array(z.unknown())
      .meta({ description: 'Its `changes`, as the very text that came.', example: [{ order: 17 }] }),
    occurredAt: timestamp('When it was accepted'),
    deliveries: z
      .array(
        z.union([deliveryAnswer, deliveryAnswer.pick({ id: true, state: true }).meta({ id: 'DeliverySummary' })]).meta({
          id: 'EventDelivery',
          description: 'Whole for operators and subscribers; id and state for producers.',
        }),
      )
      .meta({ description: 'A page of its deliveries; each is followed by its replays.' }),
    nextCursor,
  })
  .meta({ id: 'Event' });

/** Text that is JSON already: the plain `application/json` would be made of it once more. */
const READY_JSON = 'application/json; charset=utf-8';

export const getEvent = defineRoute({
  operationId: 'getEvent',
  method: 'get',
  path: '/v1/events/{id}',
  summary: 'Read an event with its deliveries',
  description:
    'Operators and subscribers see their own deliveries of it, producers the id and state of every delivery of what ' +
    'they published; each is followed by its replays. `cursor` and `limit` page through the deliveries.',
  tag: 'Events',
  access: ['operator', 'producer', 'subscriber'],
  form: problemForm,
  params: pathOf('Id of the event: the `request_id` of its publish.', EXAMPLE_IDS.event),
  query: pageQuery,
  success: { status: 200, description: 'The event.', schema: eventAnswer, mediaType: READY_JSON },
  errors: [404],
  async handle({ caller, scope, params: { id }, query, cursors, services }) {
    const event = await services.events.read({ caller, scope, id, page: cursors.request(query, deliveryKey) });
    return { body: toJson(event, cursors.seal(event.nextKey)) };
  },
});

/** `changes` goes out as the text that came: parsing it would round long numbers. */
function toJson(
  {
    day: _day,
    publisher: _publisher,
    changes,
    acceptedAt,
    deliveries,
    nextKey: _nextKey,
    ...event
  }: EventWithDeliveries,
  nextCursor: string | null,
) {
  const before = JSON.stringify(event).slice(0, -1);
  const after = JSON.stringify({
    occurredAt: acceptedAt,
    deliveries: deliveries.map((delivery) => ('attempts' in delivery ? toDeliveryAnswer(delivery) : delivery)),
    nextCursor,
  }).slice(1);
  return `${before},"changes":${changes},${after}`;
}
