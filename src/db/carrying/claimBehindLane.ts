import type { DeliveryToAttempt } from '../../domain/delivery';
import type { Database, Statement } from '../database';
import { waitsBehindLaneOf } from './behindLane';
import { type DeliveryToAttemptRow, TO_ATTEMPT, toDeliveryToAttempt } from './rows';

const WAITS = waitsBehindLaneOf('$1');

/** The lane may make attempts in the state that the caller takes it to be in ($3). */
const LANE = `lane AS MATERIALIZED (
  SELECT s.timeout_ms, l.since FROM lanes l JOIN subscriptions s ON s.id = l.subscription_id
  WHERE l.subscription_id = $1 AND l.topic = '' AND l.state = $3 AND s.state = 'active'
)`;

/** Each gets its next generation, so that a workflow that it needs later has an id that Temporal never saw. */
const CLAIMED = `claimed AS (
  UPDATE deliveries d
  SET attempt = d.attempt + 1, generation = d.generation + 1, next_attempt_at = NULL,
      due_by = now() + interval '30 s' + lane.timeout_ms * interval '1 ms'
  FROM ready r, lane WHERE d.id = r.id AND d.day = r.day
  RETURNING d.*
)
SELECT ${TO_ATTEMPT} ORDER BY c.id`;

/**
 * Claims what waits behind a lane: those whose own schedule is due, then those that nobody attempted yet, oldest first.
 * SKIP LOCKED: somebody cancels or retries that one right now.
 */
const CLAIM_BEHIND_LANE: Statement = {
  name: 'claim_behind_lane',
  text: `
WITH ${LANE}, due AS MATERIALIZED (
  SELECT d.id, d.day FROM deliveries d
  WHERE EXISTS (SELECT FROM lane) AND ${WAITS} AND d.next_attempt_at <= now()
  ORDER BY d.next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED
), unattempted AS MATERIALIZED (
  SELECT d.id, d.day FROM deliveries d
  WHERE EXISTS (SELECT FROM lane) AND ${WAITS} AND d.next_attempt_at IS NULL
  ORDER BY d.id LIMIT $2 - (SELECT count(*) FROM due) FOR UPDATE SKIP LOCKED
), ready AS (
  SELECT * FROM due UNION ALL SELECT * FROM unattempted
), ${CLAIMED}`,
};

interface ClaimBehindLane {
  subscriptionId: string;
  limit: number;
  /** Nothing is claimed of a lane that does not stand so. */
  laneState: 'running' | 'sick';
}

export async function claimBehindLane(
  db: Database,
  { subscriptionId, limit, laneState }: ClaimBehindLane,
): Promise<DeliveryToAttempt[]> {
  const rows = await db.runShared<DeliveryToAttemptRow>(CLAIM_BEHIND_LANE, [subscriptionId, limit, laneState]);
  return rows.map(toDeliveryToAttempt);
}

/** The oldest, whatever their own schedules: ids are in the order of acceptance, so no later one has expired if these have not. */
const CLAIM_EXPIRED: Statement = {
  name: 'claim_expired',
  text: `
WITH ${LANE}, oldest AS MATERIALIZED (
  SELECT d.id, d.day, d.created_at FROM deliveries d
  WHERE EXISTS (SELECT FROM lane) AND ${WAITS}
  ORDER BY d.id LIMIT $2 FOR UPDATE SKIP LOCKED
), ready AS (
  SELECT o.id, o.day FROM oldest o, lane
  WHERE greatest(o.created_at, lane.since) <= now() - $4 * interval '1 ms'
), ${CLAIMED}`,
};

/** Of a sick lane, those that have waited as long as their policy lasts: since acceptance, and since it became sick. */
export async function claimExpired(
  db: Database,
  { subscriptionId, limit, expiresAfterMs }: { subscriptionId: string; limit: number; expiresAfterMs: number },
): Promise<DeliveryToAttempt[]> {
  const rows = await db.runShared<DeliveryToAttemptRow>(CLAIM_EXPIRED, [subscriptionId, limit, 'sick', expiresAfterMs]);
  return rows.map(toDeliveryToAttempt);
}
