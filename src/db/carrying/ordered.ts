import { dayOfId } from '../../contracts/ids';
import type { LaneState } from '../../contracts/states';
import type { DeliveryToAttempt } from '../../domain/delivery';
import type { Database, Statement } from '../database';
import { type DeliveryToAttemptRow, NOT_CANCELLED, TO_ATTEMPT, toDeliveryToAttempt } from './rows';

/** The right to push an ordered lane's deliveries: whoever claims or steers the lane next takes it away. */
export interface LaneHold {
  laneId: string;
  epoch: number;
  /** A re-push is under way: nothing goes out before its copies are made. */
  isReplaying: boolean;
}

/** Longer than the 10 s after which a holder that could not renew stops by itself; the attempt under way comes on top. */
const HELD = `now() + interval '15 s' + s.timeout_ms * interval '1 ms'`;

/**
 * Takes a lane that may push now. Not while another holds it: its attempt under way may still arrive. 50 ms: a
 * workflow that wakes a moment early need not sleep again.
 */
const HOLD: Statement = {
  name: 'hold_lane',
  text: `
UPDATE lanes l
SET epoch = l.epoch + 1, held_epoch = l.epoch + 1, held_until = ${HELD}, next_attempt_at = NULL, awake = true,
    due_by = now() + interval '1 minute' + s.timeout_ms * interval '1 ms'
FROM subscriptions s
WHERE l.subscription_id = $1 AND l.topic = $2 AND s.id = l.subscription_id AND s.state = 'active'
  AND (l.held_until IS NULL OR l.held_until < now())
  AND (l.state = 'running' OR (l.state = 'retrying' AND l.next_attempt_at <= now() + interval '50 ms'))
RETURNING l.id, l.epoch, l.replay_at IS NOT NULL AS is_replaying`,
};

/** @returns null when the lane may not push now, or is pushed by somebody else. */
export async function holdLane(
  db: Database,
  { subscriptionId, topic }: { subscriptionId: string; topic: string },
): Promise<LaneHold | null> {
  const [row] = await db.run<{ id: string; epoch: string; is_replaying: boolean }>(HOLD, [subscriptionId, topic]);
  return row ? { laneId: row.id, epoch: Number(row.epoch), isReplaying: row.is_replaying } : null;
}

/** The next stretch of it may begin at once, here or elsewhere. */
export async function releaseLane(db: Database, { laneId, epoch }: LaneHold): Promise<void> {
  await db.knex('lanes').where({ id: laneId, held_epoch: epoch }).update({ held_until: null });
}

/** A delivery and its number in its lane. */
export interface InLine {
  number: number;
  delivery: DeliveryToAttempt;
}

const MAX_BATCH = 100;
/** Of `changes`, so that a lane of large events does not fill the memory. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

const NEXT_IN_LINE: Statement = {
  name: 'next_in_line',
  text: `
WITH claimed AS MATERIALIZED (
  SELECT d.* FROM lanes l
  JOIN deliveries d ON d.subscription_id = l.subscription_id AND d.topic = l.topic
  WHERE l.id = $1 AND l.epoch = $2 AND d.state = 'pending' AND d.lane_number IS NOT NULL AND d.lane_number > $3
    AND d.lane_number <= coalesce(l.replay_made, ${Number.MAX_SAFE_INTEGER}) AND ${NOT_CANCELLED}
  ORDER BY d.lane_number LIMIT ${MAX_BATCH}
), sized AS (
  SELECT c.lane_number, ${TO_ATTEMPT}
)
SELECT * FROM (
  SELECT *, sum(octet_length(changes)) OVER (ORDER BY lane_number) - octet_length(changes) AS bytes_before FROM sized
) s
WHERE bytes_before < ${MAX_BATCH_BYTES} ORDER BY lane_number`,
};

/**
 * Deliveries that wait in an ordered lane, from number `after` on, in order; each with the number of its next attempt.
 * None where the lane is held no more, or where a re-push has to make copies first.
 */
export async function nextInLine(db: Database, { laneId, epoch }: LaneHold, after: number): Promise<InLine[]> {
  const rows = await db.run<DeliveryToAttemptRow & { lane_number: string }>(NEXT_IN_LINE, [laneId, epoch, after]);
  return rows.map((row) => {
    const delivery = toDeliveryToAttempt(row);
    return { number: Number(row.lane_number), delivery: { ...delivery, attempt: delivery.attempt + 1 } };
  });
}

/** One attempt in an ordered lane that was acknowledged. */
export interface Pushed {
  deliveryId: string;
  startedAgoMs: number;
  durationMs: number;
  statusCode: number | null;
  responseExcerpt: string | null;
}

/**
 * An acknowledgement counts whoever holds the lane by now. The row numbers the attempt: after a fault two holders can
 * both have made what each took for the same one. `lane` first, as lanes are locked before deliveries everywhere.
 */
const RECORD_PUSHED: Statement = {
  name: 'record_pushed',
  text: `
WITH outcome AS MATERIALIZED (
  SELECT * FROM unnest($3::uuid[], $4::date[], $5::int[], $6::int[], $7::int[], $8::text[])
    AS o(id, day, started_ago_ms, duration_ms, status_code, excerpt)
), lane AS MATERIALIZED (
  UPDATE lanes l
  SET held_until = ${HELD}, due_by = now() + interval '1 minute' + s.timeout_ms * interval '1 ms',
      since = CASE WHEN l.state = 'retrying' AND cardinality($3::uuid[]) > 0 THEN now() ELSE l.since END,
      reason = CASE WHEN cardinality($3::uuid[]) > 0 THEN NULL ELSE l.reason END,
      state = CASE WHEN l.state = 'retrying' AND cardinality($3::uuid[]) > 0 THEN 'running' ELSE l.state END
  FROM subscriptions s
  WHERE l.id = $1 AND l.epoch = $2 AND s.id = l.subscription_id
  RETURNING l.id
), open AS MATERIALIZED (
  SELECT d.id, d.day, d.attempt FROM (SELECT count(*) FROM lane) locked, outcome o
  JOIN deliveries d ON d.id = o.id AND d.day = o.day
  WHERE d.day = ANY($4::date[])
  ORDER BY d.id FOR UPDATE OF d
), attempted AS (
  INSERT INTO attempts (delivery_id, day, number, started_at, duration_ms, status_code, response_excerpt)
  SELECT o.id, o.day, open.attempt + 1, now() - o.started_ago_ms * interval '1 ms', o.duration_ms, o.status_code,
         o.excerpt
  FROM outcome o JOIN open ON open.id = o.id
), settled AS (
  UPDATE deliveries d
  SET attempt = d.attempt + 1, next_attempt_at = NULL,
      finished_at = CASE WHEN d.state = 'pending' THEN now() ELSE d.finished_at END,
      state = CASE WHEN d.state = 'pending' THEN 'delivered' ELSE d.state END
  FROM open WHERE d.id = open.id AND d.day = open.day AND d.day = ANY($4::date[])
)
SELECT EXISTS (SELECT FROM lane) AS renewed`,
};

/** Writes what was acknowledged and renews the hold. @returns whether the lane is still held: else nothing more may be pushed. */
export async function recordPushed(db: Database, { laneId, epoch }: LaneHold, pushed: Pushed[]): Promise<boolean> {
  const [row] = await db.run<{ renewed: boolean }>(RECORD_PUSHED, [
    laneId,
    epoch,
    pushed.map((p) => p.deliveryId),
    pushed.map((p) => dayOfId(p.deliveryId)),
    pushed.map((p) => Math.round(p.startedAgoMs)),
    pushed.map((p) => Math.round(p.durationMs)),
    pushed.map((p) => p.statusCode),
    pushed.map((p) => p.responseExcerpt),
  ]);
  return row?.renewed === true;
}

/** A head that failed: its lane waits for the next attempt, or stops. */
export interface HeadFailed extends Pushed {
  error: string | null;
  next: { state: 'retrying'; waitMs: number } | { state: 'stopped'; reason: string };
}

/**
 * Records the attempt; the failure counts only while the lane is held, and then lets go of it.
 *
 * @returns whether it counted.
 */
export async function failHead(db: Database, { laneId, epoch }: LaneHold, failed: HeadFailed): Promise<boolean> {
  const { deliveryId, next } = failed;
  const day = dayOfId(deliveryId);
  return db.knex.transaction(async (trx) => {
    const lane = await trx('lanes').where({ id: laneId, epoch }).forUpdate().first('id', 'state');
    const { rows } = await trx.raw<{ rows: { attempt: number; state: string }[] }>(
      'SELECT attempt, state FROM deliveries WHERE id = ? AND day = ? FOR UPDATE',
      [deliveryId, day],
    );
    const [row] = rows;
    if (!row) return false;
    await trx('attempts').insert({
      delivery_id: deliveryId,
      day,
      number: row.attempt + 1,
      started_at: trx.raw("now() - ? * interval '1 ms'", [Math.round(failed.startedAgoMs)]),
      duration_ms: Math.round(failed.durationMs),
      status_code: failed.statusCode,
      error: failed.error,
      response_excerpt: failed.responseExcerpt,
    });
    const counts = lane !== undefined && row.state === 'pending';
    const waitMs = next.state === 'retrying' ? Math.round(next.waitMs) : null;
    const nextAttemptAt = counts && waitMs !== null ? trx.raw("now() + ? * interval '1 ms'", [waitMs]) : null;
    await trx('deliveries')
      .where({ id: deliveryId, day })
      .update({
        attempt: trx.raw('attempt + 1'),
        ...(counts ? { failures: trx.raw('failures + 1'), next_attempt_at: nextAttemptAt } : {}),
      });
    if (!counts) return false;
    await trx('lanes')
      .where({ id: laneId })
      .update({
        since: lane.state === next.state ? trx.ref('since') : trx.fn.now(),
        state: next.state,
        reason: next.state === 'stopped' ? next.reason : 'attempt_failed',
        next_attempt_at: nextAttemptAt,
        due_by: trx.raw("now() + coalesce(?::int, 0) * interval '1 ms' + interval '12 minutes'", [waitMs]),
        held_until: null,
      });
    return true;
  });
}

/** What an ordered lane's workflow does when nothing is left to push. */
export type OrderedRest = 'asleep' | 'busy' | 'lost';

/**
 * Puts an ordered lane to sleep if nothing waits in it. The row is locked first and looked behind second: an accept
 * holds that row, so what it put there is either seen here, or it finds the lane asleep and wakes it.
 */
export async function restOrderedLane(db: Database, { laneId, epoch }: LaneHold): Promise<OrderedRest> {
  return db.knex.transaction(async (trx): Promise<OrderedRest> => {
    const lane = await trx('lanes')
      .where({ id: laneId, epoch })
      .forUpdate()
      .first<{ state: LaneState; subscription_id: string; topic: string; replay_at: Date | null }>(
        'state',
        'subscription_id',
        'topic',
        'replay_at',
      );
    if (!lane) return 'lost';
    if (lane.replay_at !== null) return 'busy';
    const { rows } = await trx.raw<{ rows: unknown[] }>(
      `SELECT FROM deliveries d
       WHERE d.subscription_id = ? AND d.topic = ? AND d.state = 'pending' AND d.lane_number IS NOT NULL
         AND ${NOT_CANCELLED} LIMIT 1`,
      [lane.subscription_id, lane.topic],
    );
    if (rows.length > 0) return 'busy';
    await trx('lanes').where({ id: laneId }).update({
      state: 'idle',
      reason: null,
      since: trx.fn.now(),
      awake: false,
      due_by: null,
      next_attempt_at: null,
      held_until: null,
    });
    return 'asleep';
  });
}
