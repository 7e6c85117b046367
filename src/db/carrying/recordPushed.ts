import { dayOfId } from '../../contracts/ids';
import type { Database, Statement } from '../database';
import { HELD, type LaneHold } from './holdLane';
import { lockOutcomesDeliveries } from './rows';

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
  SELECT d.id, d.day, d.attempt FROM ${lockOutcomesDeliveries({ after: 'lane' })}
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
  FROM open WHERE d.id = open.id AND d.day = open.day
)
SELECT EXISTS (SELECT FROM lane) AS renewed`,
};

/** Writes what was acknowledged and renews the hold. @returns whether the lane is still held: else nothing more may be pushed. */
export async function recordPushed(db: Database, { laneId, epoch }: LaneHold, pushed: Pushed[]): Promise<boolean> {
  const [row] = await db.runShared<{ renewed: boolean }>(RECORD_PUSHED, [
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
