import type { Knex } from 'knex';
import type { Publisher, StoredEvent } from '../domain/delivery';
import type { Scope } from '../domain/scope';
import { type Delivery, type DeliveryRow, selectDeliveries, toDelivery } from './deliveryRows';
import { partitionOf } from './partitionDays';
import { scopeCondition } from './scopes';

export interface Event extends StoredEvent {
  /** "YYYY-MM-DD": its partition, and that of its deliveries. */
  day: string;
  publisher: Publisher;
}

interface EventRow {
  id: string;
  tenant_id: string;
  source: string;
  topic: string;
  type: string;
  status: string;
  key: string;
  changes: string;
  publisher_tenant_id: string | null;
  publisher_app_id: string | null;
  publisher_key_id: string;
  accepted_at: Date;
}

export async function findEvent(db: Knex, id: string): Promise<Event | null> {
  const day = partitionOf(id);
  const row = day === null ? undefined : await db<EventRow & { day: string }>('events').where({ id, day }).first();
  if (!row || day === null) return null;
  return {
    id: row.id,
    day,
    tenantId: row.tenant_id,
    source: row.source,
    topic: row.topic,
    type: row.type,
    status: row.status,
    key: row.key,
    changes: row.changes,
    publisher: { tenantId: row.publisher_tenant_id, appId: row.publisher_app_id, keyId: row.publisher_key_id },
    acceptedAt: row.accepted_at,
  };
}

/** Whether the event has a delivery in the scope. */
export async function isDeliveredInto(db: Knex, { event, scope }: { event: Event; scope: Scope }): Promise<boolean> {
  const own = scopeCondition(scope, 'd');
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT FROM deliveries d WHERE d.event_id = ? AND d.day = ? AND d.replay_of IS NULL AND ${own.sql} LIMIT 1`,
    [event.id, event.day, ...own.values],
  );
  return rows.length > 0;
}

/** What an event's deliveries are ordered by: the subscription, the page (0: it has none), and of a replay its own id. */
export type EventDeliveryKey = readonly [subscriptionId: string, pageNumber: number, replayId: string];

/** Sorts a delivery before its replays. */
const NO_REPLAY = '00000000-0000-0000-0000-000000000000';

export function eventDeliveryKey({ id, subscriptionId, pageNumber, replayOf }: Delivery): EventDeliveryKey {
  return [subscriptionId, pageNumber, replayOf === null ? NO_REPLAY : id];
}

export interface EventDeliveryQuery {
  event: Event;
  scope: Scope;
  /** Of the last one seen. */
  after: EventDeliveryKey | null;
  limit: number;
}

/** The event's deliveries in the scope, ascending by subscription and page: of each one, and its replays after it. */
export async function listEventDeliveries(
  db: Knex,
  { event, scope, after, limit }: EventDeliveryQuery,
): Promise<Delivery[]> {
  const own = scopeCondition(scope, 'd');
  const [subscriptionId, pageNumber, replayId] = after ?? [NO_REPLAY, 0, NO_REPLAY];
  const key = `d.subscription_id, d.page_number, CASE WHEN d.replay_of IS NULL THEN '${NO_REPLAY}' ELSE d.id END`;
  const { rows } = await db.raw<{ rows: DeliveryRow[] }>(
    `WITH original AS MATERIALIZED (
       SELECT d.* FROM deliveries d
       WHERE d.event_id = ? AND d.day = ? AND d.replay_of IS NULL AND (d.subscription_id, d.page_number) >= (?, ?)
         AND ${own.sql}
       ORDER BY d.subscription_id, d.page_number LIMIT ?
     ), page AS MATERIALIZED (
       SELECT d.* FROM (
         SELECT * FROM original
         UNION ALL
         SELECT r.* FROM original o JOIN deliveries r ON r.event_id = o.event_id AND r.replay_of = o.id AND r.day = ?
       ) d
       WHERE (${key}) > (?::uuid, ?::int, ?::uuid) ORDER BY ${key} LIMIT ?
     )
     ${selectDeliveries('page d')} ORDER BY ${key}`,
    // One original more than the page has: of the first, everything may have been seen.
    [
      ...[event.id, event.day, subscriptionId, pageNumber, ...own.values, limit + 1],
      ...[event.day, subscriptionId, pageNumber, replayId, limit],
    ],
  );
  return rows.map(toDelivery);
}
