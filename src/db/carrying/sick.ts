import type { Database, Statement } from '../database';
import { waitsBehindLaneOf } from './behindLane';
import { NOT_CANCELLED } from './cancelled';

/** By its key alone: with the state beside it, a plan made on empty tables reads every lane in that state. */
const LANE = "(SELECT id FROM lanes WHERE subscription_id = $1 AND topic = '')";

const MARK_SICK: Statement = {
  name: 'mark_sick',
  text: `
UPDATE lanes
SET state = 'sick', reason = 'receiver_unavailable', since = now(), probes = 0,
    next_attempt_at = now() + $2 * interval '1 ms', awake = true,
    due_by = now() + $2 * interval '1 ms' + interval '1 minute'
WHERE id = ${LANE} AND state IN ('idle', 'running')
RETURNING id`,
};

/** From now on only probes go out. @returns whether the lane became sick by this: then its workflow has to be told. */
export async function markSick(
  db: Database,
  { subscriptionId, probeInMs }: { subscriptionId: string; probeInMs: number },
): Promise<boolean> {
  return (await db.runShared(MARK_SICK, [subscriptionId, probeInMs])).length > 0;
}

const END_SICKNESS: Statement = {
  name: 'end_sickness',
  text: `
UPDATE lanes
SET state = 'running', reason = 'recovered', since = now(), probes = 0, next_attempt_at = NULL, awake = true,
    due_by = now() + interval '1 minute'
WHERE id = ${LANE} AND state = 'sick'
RETURNING id`,
};

/** @returns whether the lane was sick: then its workflow has to be told. */
export async function endSickness(db: Database, subscriptionId: string): Promise<boolean> {
  return (await db.runShared(END_SICKNESS, [subscriptionId])).length > 0;
}

/** 50 ms: a workflow that wakes a moment early need not sleep again. */
const TAKE_PROBE: Statement = {
  name: 'take_probe',
  text: `
UPDATE lanes l
SET next_attempt_at = now() + interval '30 s' + s.timeout_ms * interval '1 ms',
    due_by = now() + interval '2 minutes' + s.timeout_ms * interval '1 ms'
FROM subscriptions s
WHERE l.id = ${LANE} AND l.state = 'sick' AND s.id = l.subscription_id
  AND l.next_attempt_at <= now() + interval '50 ms'
RETURNING l.probes`,
};

/**
 * The right to make the probe that is due; nobody makes another one until it must have ended.
 *
 * @returns how many have failed before it; null when none is due.
 */
export async function takeProbe(db: Database, subscriptionId: string): Promise<number | null> {
  const [row] = await db.runShared<{ probes: number }>(TAKE_PROBE, [subscriptionId]);
  return row?.probes ?? null;
}

const PLAN_PROBE: Statement = {
  name: 'plan_probe',
  text: `
UPDATE lanes
SET probes = $3, next_attempt_at = CASE WHEN next_attempt_at <= now() THEN next_attempt_at ELSE now() + $2 * interval '1 ms' END,
    due_by = now() + $2 * interval '1 ms' + interval '1 minute'
WHERE id = ${LANE} AND state = 'sick'`,
};

/** After a probe that failed. One that somebody has asked for meanwhile (activate, retry) is not put off. */
export async function planProbe(
  db: Database,
  { subscriptionId, waitMs, failedProbes }: { subscriptionId: string; waitMs: number; failedProbes: number },
): Promise<void> {
  await db.runShared(PLAN_PROBE, [subscriptionId, waitMs, failedProbes]);
}

/** With nothing to probe with a lane is looked at so often: it is awake, so nobody tells it of what is accepted. */
const NOTHING_YET_MS = 60_000;
/** However long the receiver asked to be left alone: what has expired meanwhile fails, and the lane's page is brought up to date. */
const LOOK_AGAIN_MS = 10 * 60_000;

export type SickRest = { kind: 'changed' } | { kind: 'asleep' } | { kind: 'wait'; waitMs: number };

/**
 * What a sick lane waits for: its next probe; if there was nothing to probe with (`hadNothing`), for the earliest schedule.
 * It is over when nothing of its subscription is pending, behind it or elsewhere; the row is locked first and looked
 * behind second, as when any lane goes to sleep.
 */
export async function restSickLane(
  db: Database,
  { subscriptionId, hadNothing }: { subscriptionId: string; hadNothing: boolean },
): Promise<SickRest> {
  return db.knex.transaction(async (trx): Promise<SickRest> => {
    const lane = await trx('lanes')
      .where({ subscription_id: subscriptionId, topic: '', state: 'sick' })
      .forUpdate()
      .first<{ id: string } | undefined>('id');
    if (!lane) return { kind: 'changed' };
    const pending = await trx.raw<{ rows: unknown[] }>(
      `SELECT FROM deliveries d
       WHERE d.subscription_id = ? AND d.state = 'pending' AND ${NOT_CANCELLED} ORDER BY d.id LIMIT 1`,
      [subscriptionId],
    );
    if (pending.rows.length === 0) {
      await trx('lanes').where({ id: lane.id }).update({
        state: 'idle',
        reason: null,
        since: trx.fn.now(),
        awake: false,
        due_by: null,
        next_attempt_at: null,
      });
      return { kind: 'asleep' };
    }
    if (hadNothing) {
      await trx.raw(
        `UPDATE lanes SET next_attempt_at = least(now() + ? * interval '1 ms', (
           SELECT d.next_attempt_at FROM deliveries d
           WHERE ${waitsBehindLaneOf('?')} AND d.next_attempt_at IS NOT NULL ORDER BY d.next_attempt_at LIMIT 1))
         WHERE id = ?`,
        [NOTHING_YET_MS, subscriptionId, lane.id],
      );
    }
    const { rows } = await trx.raw<{ rows: { wait_ms: number }[] }>(
      `UPDATE lanes SET due_by = least(greatest(next_attempt_at, now()), now() + ? * interval '1 ms') + interval '1 minute'
       WHERE id = ? RETURNING (extract(epoch FROM next_attempt_at - now()) * 1000)::float8 AS wait_ms`,
      [LOOK_AGAIN_MS, lane.id],
    );
    return { kind: 'wait', waitMs: Math.min(LOOK_AGAIN_MS, Math.ceil(rows[0]?.wait_ms ?? 0)) };
  });
}
