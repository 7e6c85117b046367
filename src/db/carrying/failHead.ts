import { dayOfId } from '../../contracts/ids';
import type { AttemptFault } from '../../domain/fault';
import type { Database } from '../database';
import type { LaneHold } from './holdLane';
import type { Pushed } from './recordPushed';

/** A head that failed: its lane waits for the next attempt, or stops. */
export interface HeadFailed extends Pushed {
  fault: AttemptFault | null;
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
      fault: failed.fault,
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
        ...(counts
          ? {
              failures: trx.raw('failures + ?', [failed.fault === 'handed_over' ? 0 : 1]),
              next_attempt_at: nextAttemptAt,
            }
          : {}),
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
