import * as z from 'zod';
import type { EventWithDeliveries } from '../../../../services/events';
import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { deliveryAnswer, toDeliveryAnswer } from '../answers';
import { pageOf, pageQuery, pathId, timestamp } from '../shapes';

/** Subscription, page, and replay. */
const deliveryKey = z.tuple([z.uuid(), z.int32(), z.uuid()]);

const { nextCursor } = pageOf(deliveryAnswer).shape;

const eventAnswer = z
  .object({
    id: z.string(),
    tenantId: z.string(),
    source: z.string(),
    topic: z.string(),
    type: z.string(),
    status: z.string(),
    key: z.string(),
    changes: z.array(z.unknown()),
    occurredAt: timestamp,
    deliveries: z.array(
      z.union([deliveryAnswer, deliveryAnswer.pick({ id: true, state: true }).meta({ id: 'DeliverySummary' })]),
    ),
    nextCursor,
  })
  .meta({ id: 'Event' });

/** Text that is JSON already: the plain `application/json` would be made of it once more. */
const READY_JSON = 'application/json; charset=utf-8';

export const getEvent = defineRoute({
  method: 'get',
  path: '/v1/events/{id}',
  summary: 'Read an event with its deliveries',
  description:
    'Operators and subscribers see their own deliveries of it, producers the id and state of every delivery of what ' +
    'they published; each is followed by its replays. `cursor` and `limit` page through the deliveries.',
  tag: 'Events',
  access: ['operator', 'producer', 'subscriber'],
  form: problemForm,
  params: pathId,
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
