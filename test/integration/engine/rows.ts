import type { Knex } from 'knex';
import { waitFor } from '../../support/engine';

export interface DeliveryRow {
  id: string;
  event_id: string;
  subscription_id: string;
  topic: string;
  state: string;
  reason: string | null;
  generation: number;
  attempt: number;
  failures: number;
  next_attempt_at: Date | null;
  due_by: Date | null;
}

export interface AttemptRow {
  number: number;
  status_code: number | null;
  fault: string | null;
  error: string | null;
  started_at: Date;
  duration_ms: number;
}

/** In order of acceptance. */
export function deliveriesOf(knex: Knex, subscriptionId: string): Promise<DeliveryRow[]> {
  return knex('deliveries').where({ subscription_id: subscriptionId }).orderBy('id');
}

export function attemptsOf(knex: Knex, deliveryId: string): Promise<AttemptRow[]> {
  return knex('attempts').where({ delivery_id: deliveryId }).orderBy('number');
}

export function laneOf(
  knex: Knex,
  subscriptionId: string,
): Promise<{ state: string; awake: boolean; reason: string | null }> {
  return knex('lanes').where({ subscription_id: subscriptionId, topic: '' }).first();
}

export interface LaneRow {
  state: string;
  awake: boolean;
  reason: string | null;
}

export interface OrderedLane {
  subscriptionId: string;
  topic: string;
}

export function orderedLaneOf(knex: Knex, { subscriptionId, topic }: OrderedLane): Promise<LaneRow> {
  return knex('lanes').where({ subscription_id: subscriptionId, topic }).first();
}

/** An ordered lane, once it stands as `wanted`. */
export async function waitForLane(knex: Knex, lane: OrderedLane, wanted: Partial<LaneRow>): Promise<void> {
  let seen: LaneRow | undefined;
  await waitFor(
    async () => {
      seen = await orderedLaneOf(knex, lane);
      const row = seen;
      return Object.entries(wanted).every(([key, value]) => row?.[key as keyof LaneRow] === value) || undefined;
    },
    { what: () => `a lane with ${JSON.stringify(wanted)}; it is ${JSON.stringify(seen)}` },
  );
}

/** The one delivery of a subscription, once it stands as `wanted`. */
export async function waitForDelivery(
  knex: Knex,
  { subscriptionId, timeoutMs, ...wanted }: { subscriptionId: string; timeoutMs?: number } & Partial<DeliveryRow>,
): Promise<DeliveryRow> {
  let seen: DeliveryRow | undefined;
  return waitFor(
    async () => {
      [seen] = await deliveriesOf(knex, subscriptionId);
      const row = seen;
      return row && Object.entries(wanted).every(([key, value]) => row[key as keyof DeliveryRow] === value)
        ? row
        : undefined;
    },
    { what: () => `a delivery with ${JSON.stringify(wanted)}; it is ${JSON.stringify(seen)}`, timeoutMs },
  );
}

/** How many deliveries of a subscription stand in each state; of one topic only, if it is named. */
export async function countStates(knex: Knex, subscriptionId: string, topic?: string): Promise<Record<string, number>> {
  const rows = await knex('deliveries')
    .where({ subscription_id: subscriptionId, ...(topic !== undefined && { topic }) })
    .groupBy('state')
    .select('state', knex.raw('count(*)::int AS count'));
  return Object.fromEntries(rows.map((row: { state: string; count: number }) => [row.state, row.count]));
}

export async function waitForStates(
  knex: Knex,
  {
    subscriptionId,
    topic,
    states,
    timeoutMs,
  }: { subscriptionId: string; topic?: string; states: Record<string, number>; timeoutMs?: number },
): Promise<void> {
  let seen = {};
  await waitFor(
    async () => {
      seen = await countStates(knex, subscriptionId, topic);
      return JSON.stringify(Object.entries(seen).sort()) === JSON.stringify(Object.entries(states).sort()) || undefined;
    },
    { what: () => `deliveries ${JSON.stringify(states)}; they are ${JSON.stringify(seen)}`, timeoutMs },
  );
}

/** As if the time of the carrier had run out long ago. */
export async function makeOverdue(knex: Knex, subscriptionId: string): Promise<number> {
  return knex('deliveries')
    .where({ subscription_id: subscriptionId, state: 'pending' })
    .whereNotNull('due_by')
    .update({ due_by: knex.raw("now() - interval '1 second'") });
}
