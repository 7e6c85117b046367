import type { Knex } from 'knex';
import type { Database, Statement } from '../database';
import { fairOrder } from '../fairOrder';
import type { LaneRef } from './steerLanes';

/** A pending delivery whose carrier should have written by now. */
export interface Overdue {
  deliveryId: string;
  generation: number;
  subscriptionId: string;
  subscriptionVersion: number;
  topic: string;
}

export interface OverdueRow {
  id: string;
  generation: number;
  subscription_id: string;
  version: string;
  topic: string;
}

/**
 * So many are read to choose from, which takes half a second. An index by tenant would read less, and would cost every
 * delivery a write: a tenant whose overdue deliveries come after so many others' waits for some rounds, not for all.
 */
const MOST_READ = 200_000;

/** Reads the partial index `deliveries_due`. Tenants take turns, then their subscriptions; longest overdue first. */
export async function findOverdue(knex: Knex, limit: number): Promise<Overdue[]> {
  const waiting = `
    SELECT id, generation, subscription_id, topic, tenant_id, due_by FROM deliveries
    WHERE state = 'pending' AND due_by < now() ORDER BY due_by LIMIT ${MOST_READ}`;
  const { rows } = await knex.raw<{ rows: OverdueRow[] }>(
    `SELECT d.id, d.generation, d.subscription_id, s.version, d.topic
     FROM (
       SELECT * FROM (${fairOrder({ waiting, tenant: 'tenant_id', flow: 'subscription_id', first: 'due_by' })}) o
       ORDER BY turn, due_by LIMIT ?
     ) d JOIN subscriptions s ON s.id = d.subscription_id
     ORDER BY d.turn, d.due_by`,
    [limit],
  );
  return rows.map(toOverdue);
}

const ANYTHING_OVERDUE: Statement = {
  name: 'anything_overdue',
  text: `
SELECT EXISTS (SELECT FROM deliveries WHERE state = 'pending' AND due_by < now())
    OR EXISTS (SELECT FROM lanes WHERE due_by < now())
    OR EXISTS (SELECT FROM failures_to_show WHERE due_by < now())
    OR EXISTS (SELECT FROM subscription_cancellations)
    OR EXISTS (SELECT FROM grant_cancellations)
    OR EXISTS (SELECT FROM clock_setbacks WHERE done_at IS NULL)
    OR EXISTS (SELECT FROM events WHERE fan_out_after IS NOT NULL)
    OR EXISTS (SELECT FROM events WHERE fan_out_targets IS NOT NULL) AS is_any`,
};

/** Whether a round would find anything: a look into each of some small tables and partial indexes. */
export async function isAnythingOverdue(db: Database): Promise<boolean> {
  const [row] = await db.run<{ is_any: boolean }>(ANYTHING_OVERDUE, []);
  return row?.is_any === true;
}

/** Locked in id order, as in every multi-row write; the locked row says whether it is overdue still. */
const STILL_OVERDUE = `overdue AS MATERIALIZED (
       SELECT d.id, d.day FROM unnest(?::uuid[], ?::int[]) AS u(id, generation) JOIN deliveries d ON d.id = u.id
       WHERE d.generation = u.generation AND d.state = 'pending' AND d.due_by < now()
       ORDER BY d.id FOR UPDATE OF d)`;

/** Its workflow is open: asked again in a minute. */
export async function postpone(knex: Knex, overdue: Overdue[]): Promise<void> {
  await knex.raw(
    `WITH ${STILL_OVERDUE}
     UPDATE deliveries d SET due_by = now() + interval '1 minute' FROM overdue o WHERE d.id = o.id AND d.day = o.day`,
    [overdue.map((o) => o.deliveryId), overdue.map((o) => o.generation)],
  );
}

/**
 * Nobody carries them: each gets its next generation, due at once. The generation in the condition lets only one of
 * two reconciles that run at once have it.
 *
 * @returns those that need a workflow, with their new generation.
 */
export async function takeOver(knex: Knex, overdue: Overdue[]): Promise<Overdue[]> {
  const { rows } = await knex.raw<{ rows: OverdueRow[] }>(
    `WITH ${STILL_OVERDUE}
     UPDATE deliveries d
     SET generation = d.generation + 1, next_attempt_at = coalesce(d.next_attempt_at, now()),
         due_by = now() + interval '1 minute'
     FROM overdue o, subscriptions s
     WHERE d.id = o.id AND d.day = o.day AND s.id = d.subscription_id
     RETURNING d.id, d.generation, d.subscription_id, s.version, d.topic`,
    [overdue.map((o) => o.deliveryId), overdue.map((o) => o.generation)],
  );
  return rows.map(toOverdue);
}

/** So many are read to choose from. */
const MOST_LANES_READ = 20_000;

/**
 * Lanes whose workflow should have written by now; each is marked awake for another minute. Tenants take turns, then
 * their subscriptions, of which one can have a thousand lanes.
 */
export async function takeOverdueLanes(knex: Knex, limit: number): Promise<LaneRef[]> {
  const waiting = `
    SELECT l.id, l.due_by, l.subscription_id, s.tenant_id
    FROM (SELECT * FROM lanes WHERE due_by < now() ORDER BY due_by LIMIT ${MOST_LANES_READ}) l
    JOIN subscriptions s ON s.id = l.subscription_id`;
  const { rows } = await knex.raw<{ rows: { subscription_id: string; topic: string }[] }>(
    `UPDATE lanes SET awake = true, due_by = now() + interval '1 minute'
     WHERE id IN (
       SELECT id FROM lanes
       WHERE due_by < now() AND id IN (
         SELECT id FROM (${fairOrder({ waiting, tenant: 'tenant_id', flow: 'subscription_id', first: 'due_by' })}) o
         ORDER BY turn, due_by LIMIT ?)
       ORDER BY id FOR UPDATE SKIP LOCKED)
     RETURNING subscription_id, topic`,
    [limit],
  );
  return rows.map(({ subscription_id: subscriptionId, topic }) => ({ subscriptionId, topic }));
}

/** Whoever carried it may be gone: the next round of reconcile wakes it. Not one that sleeps or stands for good. */
export async function missLane(knex: Knex, { subscriptionId, topic }: LaneRef): Promise<void> {
  await knex('lanes')
    .where({ subscription_id: subscriptionId, topic })
    .whereNotNull('due_by')
    .update({ due_by: knex.fn.now() });
}

export function toOverdue(row: OverdueRow): Overdue {
  return {
    deliveryId: row.id,
    generation: row.generation,
    subscriptionId: row.subscription_id,
    subscriptionVersion: Number(row.version),
    topic: row.topic,
  };
}
