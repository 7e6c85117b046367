import type { Knex } from 'knex';
import { dayOfId } from '../../contracts/ids';
import type { DeliveryState, LaneState } from '../../contracts/states';
import { NOT_CANCELLED } from './rows';

/** What a retry by hand made of a delivery. */
export type Retried =
  | { kind: 'unknown' }
  | { kind: 'refused'; state: DeliveryState | 'paused' }
  /** An attempt is under way already. */
  | { kind: 'under_way' }
  /** Due now: its workflow is told, or a new one started (`isNew`). */
  | {
      kind: 'due';
      generation: number;
      isNew: boolean;
      subscriptionId: string;
      subscriptionVersion: number;
      topic: string;
    }
  | { kind: 'behind_lane'; subscriptionId: string };

interface SteeredRow {
  state: DeliveryState;
  generation: number;
  next_attempt_at: Date | null;
  due_by: Date | null;
  subscription_id: string;
  topic: string;
}

/** The lane's lock comes before the delivery's, as everywhere; the lane says whether the delivery may go on its own. */
async function lockLaneOf(
  trx: Knex.Transaction,
  deliveryId: string,
): Promise<{ state: LaneState; version: string } | undefined> {
  const { rows } = await trx.raw<{ rows: { state: LaneState; version: string }[] }>(
    `SELECT l.state, s.version FROM lanes l JOIN subscriptions s ON s.id = l.subscription_id
     WHERE l.topic = '' AND s.state <> 'deleted'
       AND l.subscription_id = (SELECT subscription_id FROM deliveries WHERE id = ? AND day = ?)
     FOR SHARE OF l`,
    [deliveryId, dayOfId(deliveryId)],
  );
  return rows[0];
}

async function lockDelivery(trx: Knex.Transaction, deliveryId: string): Promise<SteeredRow | undefined> {
  const { rows } = await trx.raw<{ rows: SteeredRow[] }>(
    `SELECT CASE WHEN d.state = 'pending' AND NOT (${NOT_CANCELLED}) THEN 'cancelled' ELSE d.state END AS state,
            d.generation, d.next_attempt_at, d.due_by, d.subscription_id, d.topic
     FROM deliveries d WHERE d.id = ? AND d.day = ? FOR UPDATE OF d`,
    [deliveryId, dayOfId(deliveryId)],
  );
  return rows[0];
}

/**
 * Deliver now. A failed delivery is pending again: same id, next generation, attempt numbers go on, the policy starts
 * over. One that waits becomes due; an attempt under way is left alone.
 */
export async function retryDelivery(knex: Knex, deliveryId: string): Promise<Retried> {
  return knex.transaction(async (trx): Promise<Retried> => {
    const lane = await lockLaneOf(trx, deliveryId);
    const row = await lockDelivery(trx, deliveryId);
    if (!row) return { kind: 'unknown' };
    if (row.state === 'delivered' || row.state === 'cancelled') return { kind: 'refused', state: row.state };
    if (!lane) return { kind: 'refused', state: 'cancelled' };
    const isBehindLane = row.state === 'pending' && row.due_by === null;
    if (lane.state === 'paused' && row.state === 'pending') return { kind: 'refused', state: 'paused' };
    if (row.state === 'pending' && !isBehindLane && row.next_attempt_at === null) return { kind: 'under_way' };

    const isNew = row.state === 'failed';
    const goesBehindLane = isBehindLane || (isNew && lane.state !== 'idle');
    await trx('deliveries')
      .where({ id: deliveryId, day: dayOfId(deliveryId) })
      .update({
        state: 'pending',
        next_attempt_at: trx.fn.now(),
        due_by: goesBehindLane ? null : trx.raw("now() + interval '30 s'"),
        ...(isNew ? { generation: row.generation + 1, failures: 0, reason: null, finished_at: null } : {}),
      });
    if (goesBehindLane) return { kind: 'behind_lane', subscriptionId: row.subscription_id };
    return {
      kind: 'due',
      generation: isNew ? row.generation + 1 : row.generation,
      isNew,
      subscriptionId: row.subscription_id,
      subscriptionVersion: Number(lane.version),
      topic: row.topic,
    };
  });
}

export type Cancelled =
  | { kind: 'unknown' }
  | { kind: 'refused'; state: DeliveryState }
  | { kind: 'cancelled'; generation: number };

/** An attempt under way may still arrive; its answer is recorded and changes nothing. */
export async function cancelDelivery(
  knex: Knex,
  { deliveryId, reason }: { deliveryId: string; reason: string },
): Promise<Cancelled> {
  return knex.transaction(async (trx): Promise<Cancelled> => {
    const row = await lockDelivery(trx, deliveryId);
    if (!row) return { kind: 'unknown' };
    if (row.state !== 'pending') return { kind: 'refused', state: row.state };
    await trx('deliveries')
      .where({ id: deliveryId, day: dayOfId(deliveryId) })
      .update({ state: 'cancelled', reason, finished_at: trx.fn.now(), due_by: null, next_attempt_at: null });
    return { kind: 'cancelled', generation: row.generation };
  });
}

/** Puts what a carrier found on a paused subscription behind the lane. @returns false when the lane is not in use any more. */
export async function parkBehindLane(
  knex: Knex,
  { deliveryId, generation }: { deliveryId: string; generation: number },
): Promise<boolean> {
  return knex.transaction(async (trx) => {
    const lane = await lockLaneOf(trx, deliveryId);
    if (!lane || lane.state === 'idle') return false;
    await trx('deliveries')
      .where({ id: deliveryId, day: dayOfId(deliveryId), generation, state: 'pending' })
      .whereRaw('(next_attempt_at IS NOT NULL OR due_by < now())')
      .update({ due_by: null });
    return true;
  });
}

/**
 * Lanes first, then the subscription: the accept statement decides by the lane's locked row. Twice is once.
 *
 * @returns whether it was active until now.
 */
export async function pauseSubscription(knex: Knex, subscriptionId: string): Promise<boolean> {
  return knex.transaction(async (trx) => {
    await trx('lanes').where({ subscription_id: subscriptionId }).orderBy('id').forUpdate().select('id');
    const changed = await trx('subscriptions')
      .where({ id: subscriptionId, state: 'active' })
      .update({ state: 'paused', version: trx.raw('version + 1'), updated_at: trx.fn.now() });
    if (changed === 0) return false;
    await trx('lanes')
      .where({ subscription_id: subscriptionId })
      .update({ state: 'paused', reason: 'paused', since: trx.fn.now(), awake: false, due_by: null });
    return true;
  });
}

/** @returns whether there is a lane to wake now: false when the subscription was not paused. */
export async function resumeSubscription(knex: Knex, subscriptionId: string): Promise<boolean> {
  return knex.transaction(async (trx) => {
    await trx('lanes').where({ subscription_id: subscriptionId }).orderBy('id').forUpdate().select('id');
    const changed = await trx('subscriptions')
      .where({ id: subscriptionId, state: 'paused' })
      .update({ state: 'active', version: trx.raw('version + 1'), updated_at: trx.fn.now() });
    if (changed === 0) return false;
    await trx('lanes')
      .where({ subscription_id: subscriptionId, state: 'paused' })
      .update({
        state: 'running',
        reason: 'resumed',
        since: trx.fn.now(),
        awake: true,
        due_by: trx.raw("now() + interval '1 minute'"),
      });
    return true;
  });
}
