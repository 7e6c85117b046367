import type { Knex } from 'knex';
import { dayOfId } from '../../contracts/ids';
import type { DeliveryState, LaneState } from '../../contracts/states';
import { audit } from '../audit';
import { recordSteering, type Steer } from '../steerings';
import { waitsBehindLaneOf } from './behindLane';
import { NOT_CANCELLED } from './cancelled';
import { GRANTED } from './granted';
import type { LaneRef } from './steerLanes';

/** What a retry by hand made of a delivery. */
export type Retried =
  | { kind: 'unknown' }
  | {
      kind: 'refused';
      because: Exclude<DeliveryState, 'pending' | 'failed'> | 'paused' | 'awaiting_history' | 'grant_withdrawn';
    }
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
  /** Due now, behind a lane whose workflow has to be told. */
  | { kind: 'behind_lane'; lane: LaneRef }
  /** It goes when its lane does. */
  | { kind: 'in_line'; laneId: string };

interface SteeredRow {
  state: DeliveryState;
  generation: number;
  next_attempt_at: Date | null;
  due_by: Date | null;
  lane_number: string | null;
  subscription_id: string;
  topic: string;
  granted: boolean;
}

interface LaneRow {
  id: string;
  state: LaneState;
  subscription_id: string;
  topic: string;
  version: string;
}

/** The lane's lock comes before the delivery's, as everywhere; the lane says whether the delivery may go on its own. */
async function lockLaneOf(trx: Knex.Transaction, deliveryId: string): Promise<LaneRow | undefined> {
  const { rows } = await trx.raw<{ rows: LaneRow[] }>(
    `SELECT l.id, l.state, l.subscription_id, l.topic, s.version
     FROM deliveries d
     JOIN lanes l ON l.subscription_id = d.subscription_id
       AND l.topic = CASE WHEN d.lane_number IS NULL THEN '' ELSE d.topic END
     JOIN subscriptions s ON s.id = l.subscription_id
     WHERE d.id = ? AND d.day = ? AND s.state <> 'deleted'
     FOR UPDATE OF l`,
    [deliveryId, dayOfId(deliveryId)],
  );
  return rows[0];
}

async function lockDelivery(trx: Knex.Transaction, deliveryId: string): Promise<SteeredRow | undefined> {
  const { rows } = await trx.raw<{ rows: SteeredRow[] }>(
    `SELECT CASE WHEN d.state = 'pending' AND NOT (${NOT_CANCELLED}) THEN 'cancelled' ELSE d.state END AS state,
            d.generation, d.next_attempt_at, d.due_by, d.lane_number, d.subscription_id, d.topic, ${GRANTED} AS granted
     FROM deliveries d WHERE d.id = ? AND d.day = ? FOR UPDATE OF d`,
    [deliveryId, dayOfId(deliveryId)],
  );
  return rows[0];
}

/** Whoever puts something behind a lane marks it awake in the same transaction, so that a crash leaves no lane asleep over it. */
async function wakeLane(trx: Knex.Transaction, lane: LaneRow): Promise<LaneRef> {
  await trx('lanes')
    .where({ id: lane.id })
    .update({
      awake: true,
      due_by: trx.raw("now() + interval '1 minute'"),
      ...(lane.state === 'sick' ? { next_attempt_at: trx.fn.now() } : {}),
    });
  return { subscriptionId: lane.subscription_id, topic: lane.topic };
}

/**
 * Due now, and before whatever else is due behind the lane: of a receiver that is not there one delivery at a time is tried,
 * the one that has been due for longest, and whoever retried this one waits for it.
 */
function beforeAllBehindLane(trx: Knex.Transaction, subscriptionId: string): Knex.Raw {
  return trx.raw(
    `least(now(), (
       SELECT d.next_attempt_at - interval '1 ms' FROM deliveries d
       WHERE ${waitsBehindLaneOf('?')} AND d.next_attempt_at IS NOT NULL ORDER BY d.next_attempt_at LIMIT 1))`,
    [subscriptionId],
  );
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
    if (row.state === 'delivered' || row.state === 'cancelled') return { kind: 'refused', because: row.state };
    if (!lane) return { kind: 'refused', because: 'cancelled' };
    if (!row.granted) return { kind: 'refused', because: 'grant_withdrawn' };
    if (row.state === 'pending' && (lane.state === 'paused' || lane.state === 'awaiting_history')) {
      return { kind: 'refused', because: lane.state };
    }
    if (row.lane_number !== null && row.state === 'pending') return { kind: 'in_line', laneId: lane.id };
    const isBehindLane = row.state === 'pending' && row.due_by === null;
    if (row.state === 'pending' && !isBehindLane && row.next_attempt_at === null) return { kind: 'under_way' };

    const isNew = row.state === 'failed';
    const goesBehindLane = isBehindLane || (isNew && lane.state !== 'idle');
    await trx('deliveries')
      .where({ id: deliveryId, day: dayOfId(deliveryId) })
      .update({
        state: 'pending',
        next_attempt_at: goesBehindLane ? beforeAllBehindLane(trx, row.subscription_id) : trx.fn.now(),
        due_by: goesBehindLane ? null : trx.raw("now() + interval '30 s'"),
        ...(isNew ? { generation: row.generation + 1, failures: 0, reason: null, finished_at: null } : {}),
      });
    const of = { subscriptionId: row.subscription_id };
    await audit(trx, { object: 'delivery', id: deliveryId, of, change: { is: 'retried' } });
    if (goesBehindLane) return { kind: 'behind_lane', lane: await wakeLane(trx, lane) };
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
  | { kind: 'refused'; state: Exclude<DeliveryState, 'pending'> }
  /** `lane`: its lane may have to go on without it. */
  | { kind: 'cancelled'; generation: number; lane: LaneRef | null; subscriptionId: string; topic: string };

/**
 * An attempt under way may still arrive; its answer is recorded and changes nothing.
 *
 * @param isAct somebody asked for it, so it is audited; else it follows from something that is.
 */
export async function cancelDelivery(
  steer: Steer,
  { deliveryId, reason, isAct = false }: { deliveryId: string; reason: string; isAct?: boolean },
): Promise<Cancelled> {
  return steer(async (trx): Promise<Cancelled> => {
    const lane = await lockLaneOf(trx, deliveryId);
    const row = await lockDelivery(trx, deliveryId);
    if (!row) return { kind: 'unknown' };
    if (row.state !== 'pending') return { kind: 'refused', state: row.state };
    await trx('deliveries')
      .where({ id: deliveryId, day: dayOfId(deliveryId) })
      .update({ state: 'cancelled', reason, finished_at: trx.fn.now(), due_by: null, next_attempt_at: null });
    const of = { subscriptionId: row.subscription_id };
    recordSteering(trx, of);
    if (isAct) await audit(trx, { object: 'delivery', id: deliveryId, of, change: { is: 'cancelled' } });
    const { generation, topic } = row;
    const cancelled = { kind: 'cancelled', generation, subscriptionId: row.subscription_id, topic } as const;
    if (!lane || row.lane_number === null) return { ...cancelled, lane: null };

    // Who pushes the lane has perhaps read it already. And what comes after the head need not wait for its next attempt.
    await trx('lanes')
      .where({ id: lane.id })
      .update({
        epoch: trx.raw('epoch + 1'),
        ...(lane.state === 'retrying' && row.next_attempt_at ? { next_attempt_at: trx.fn.now() } : {}),
      });
    return { ...cancelled, lane: { subscriptionId: lane.subscription_id, topic: lane.topic } };
  });
}

/** Puts what a carrier found on a paused subscription behind the lane. @returns the lane to tell; null when it is not in use any more. */
export async function parkBehindLane(
  knex: Knex,
  { deliveryId, generation }: { deliveryId: string; generation: number },
): Promise<LaneRef | null> {
  return knex.transaction(async (trx) => {
    const lane = await lockLaneOf(trx, deliveryId);
    if (!lane || lane.state === 'idle') return null;
    await trx('deliveries')
      .where({ id: deliveryId, day: dayOfId(deliveryId), generation, state: 'pending' })
      .whereRaw('(next_attempt_at IS NOT NULL OR due_by < now())')
      .update({ due_by: null });
    return wakeLane(trx, lane);
  });
}
