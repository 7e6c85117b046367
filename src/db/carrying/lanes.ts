import type { Knex } from 'knex';
import { dayOfId } from '../../contracts/ids';
import type { DeliveryToAttempt } from '../../domain/delivery';
import type { Database, Statement } from '../database';
import { type DeliveryToAttemptRow, NOT_CANCELLED, TO_ATTEMPT, toDeliveryToAttempt } from './rows';

/** Behind its lane, and its time has come: a failed one keeps its next attempt time in its row. */
const READY = `d.subscription_id = $1 AND d.state = 'pending' AND d.due_by IS NULL
    AND (d.next_attempt_at IS NULL OR d.next_attempt_at <= now()) AND ${NOT_CANCELLED}`;

/**
 * Claims the oldest that wait behind a lane. Each gets its next generation, so that a workflow that it needs later has
 * an id that Temporal never saw. SKIP LOCKED: somebody cancels or retries that one right now.
 */
const CLAIM_BEHIND_LANE: Statement = {
  name: 'claim_behind_lane',
  text: `
WITH ready AS MATERIALIZED (
  SELECT d.id, d.day, s.timeout_ms
  FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id
  WHERE s.state = 'active' AND ${READY}
  ORDER BY d.id LIMIT $2 FOR UPDATE OF d SKIP LOCKED
), claimed AS (
  UPDATE deliveries d
  SET attempt = d.attempt + 1, generation = d.generation + 1, next_attempt_at = NULL,
      due_by = now() + interval '30 s' + r.timeout_ms * interval '1 ms'
  FROM ready r WHERE d.id = r.id AND d.day = r.day
  RETURNING d.*
)
SELECT ${TO_ATTEMPT} ORDER BY c.id`,
};

export async function claimBehindLane(
  db: Database,
  { subscriptionId, limit }: { subscriptionId: string; limit: number },
): Promise<DeliveryToAttempt[]> {
  const rows = await db.run<DeliveryToAttemptRow>(CLAIM_BEHIND_LANE, [subscriptionId, limit]);
  return rows.map(toDeliveryToAttempt);
}

/** So many that wait for a later attempt may get workflows of their own again when their lane has nothing else to do. */
const MAX_RELEASED = 10;

export type LaneRest =
  | { kind: 'busy' }
  | { kind: 'wait'; waitMs: number; waiting: number }
  | { kind: 'held'; state: 'paused'; since: Date; waiting: number }
  /** The lane is out of use; each of `released` needs a workflow of its own. */
  | { kind: 'asleep'; released: { deliveryId: string; generation: number; topic: string }[] };

/**
 * Puts a lane to rest if nothing behind it is due. The row is locked first and looked behind second: whoever puts
 * something behind a lane holds its row too, so it is either seen here or finds the lane asleep and wakes it.
 */
export async function restLane(db: Database, subscriptionId: string): Promise<LaneRest> {
  return db.knex.transaction(async (trx): Promise<LaneRest> => {
    const lane = await trx('lanes')
      .where({ subscription_id: subscriptionId, topic: '' })
      .forUpdate()
      .first('id', 'state', 'since');
    if (!lane) return { kind: 'asleep', released: [] };
    if (lane.state !== 'running') await trx('lanes').where({ id: lane.id }).update({ awake: false, due_by: null });
    if (lane.state === 'paused') {
      return { kind: 'held', state: 'paused', since: lane.since, waiting: await countWaiting(trx, subscriptionId) };
    }
    if (lane.state !== 'running') return { kind: 'asleep', released: [] };
    const waiting = await trx.raw<{ rows: { id: string; day: Date; wait_ms: number }[] }>(
      `SELECT d.id, d.day, greatest(0, extract(epoch FROM coalesce(d.next_attempt_at, now()) - now()) * 1000)::float8 AS wait_ms
       FROM deliveries d
       WHERE d.subscription_id = ? AND d.state = 'pending' AND d.due_by IS NULL AND ${NOT_CANCELLED}
       ORDER BY d.next_attempt_at NULLS FIRST LIMIT ?`,
      [subscriptionId, MAX_RELEASED + 1],
    );
    const waitMs = waiting.rows[0]?.wait_ms ?? 0;
    if (waiting.rows.length > 0 && waitMs === 0) return { kind: 'busy' };
    if (waiting.rows.length > MAX_RELEASED) {
      await trx('lanes')
        .where({ id: lane.id })
        .update({ awake: false, due_by: trx.raw("now() + ? * interval '1 ms' + interval '1 minute'", [waitMs]) });
      return { kind: 'wait', waitMs, waiting: waiting.rows.length };
    }
    await trx('lanes')
      .where({ id: lane.id })
      .update({ state: 'idle', reason: null, since: trx.fn.now(), awake: false, due_by: null });
    const released = await trx.raw<{ rows: { id: string; generation: number; topic: string }[] }>(
      `UPDATE deliveries SET generation = generation + 1, due_by = next_attempt_at + interval '30 s'
       WHERE id = ANY(?::uuid[]) AND subscription_id = ? AND state = 'pending' AND due_by IS NULL
       RETURNING id, generation, topic`,
      [waiting.rows.map(({ id }) => id), subscriptionId],
    );
    return { kind: 'asleep', released: released.rows.map(({ id, ...rest }) => ({ deliveryId: id, ...rest })) };
  });
}

async function countWaiting(trx: Knex.Transaction, subscriptionId: string): Promise<number> {
  const { rows } = await trx.raw<{ rows: { count: number }[] }>(
    `SELECT count(*)::int AS count FROM deliveries d
     WHERE d.subscription_id = ? AND d.state = 'pending' AND d.due_by IS NULL`,
    [subscriptionId],
  );
  return rows[0]?.count ?? 0;
}

/**
 * Puts claimed but unsent deliveries behind their lane, and brings the lane into use.
 *
 * @returns whether the lane's workflow has to be woken (not while the subscription is paused).
 */
export async function divertToLane(
  db: Database,
  { subscriptionId, deliveries }: { subscriptionId: string; deliveries: DeliveryToAttempt[] },
): Promise<boolean> {
  const days = [...new Set(deliveries.map(({ deliveryId }) => dayOfId(deliveryId)))];
  return db.knex.transaction(async (trx) => {
    const lane = await trx('lanes')
      .where({ subscription_id: subscriptionId, topic: '' })
      .forUpdate()
      .first('id', 'state');
    if (!lane) return false;
    const wakes = lane.state === 'idle' || lane.state === 'running';
    if (wakes) {
      await trx('lanes')
        .where({ id: lane.id })
        .update({
          state: 'running',
          awake: true,
          due_by: trx.raw("now() + interval '1 minute'"),
          ...(lane.state === 'idle' ? { reason: 'backlog', since: trx.fn.now() } : {}),
        });
    }
    await trx.raw(
      `UPDATE deliveries d SET due_by = NULL, next_attempt_at = NULL, attempt = d.attempt - 1
       FROM (SELECT d.id, d.day FROM unnest(?::uuid[], ?::int[], ?::int[]) AS u(id, generation, attempt)
             JOIN deliveries d ON d.id = u.id
             WHERE d.day = ANY(?::date[]) AND d.subscription_id = ? AND d.state = 'pending' AND d.generation = u.generation AND d.attempt = u.attempt
             ORDER BY d.id FOR UPDATE OF d) AS unsent
       WHERE d.id = unsent.id AND d.day = unsent.day AND d.day = ANY(?::date[])`,
      [
        deliveries.map((d) => d.deliveryId),
        deliveries.map((d) => d.generation),
        deliveries.map((d) => d.attempt),
        days,
        subscriptionId,
        days,
      ],
    );
    return wakes;
  });
}

/** Marks a lane awake that may run and sleeps. @returns whether its workflow has to be told. */
export async function markAwake(db: Database, subscriptionId: string): Promise<boolean> {
  const changed = await db
    .knex('lanes')
    .where({ subscription_id: subscriptionId, topic: '', state: 'running', awake: false })
    .update({ awake: true, due_by: db.knex.raw("now() + interval '1 minute'") });
  return changed > 0;
}
