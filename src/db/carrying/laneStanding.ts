import type { LaneStanding } from '../../contracts/carrying';
import type { LaneState } from '../../contracts/states';
import { describeAttempt } from '../../domain/describeAttempt';
import type { Database } from '../database';
import { behindLane } from './behindLane';

import type { LaneRef } from './steerLanes';

interface StandingRow {
  state: LaneState;
  reason: string | null;
  since: Date;
  next_attempt_at: Date | null;
  waiting: number;
  head: string | null;
  number: number | null;
  status_code: number | null;
  fault: string | null;
}

/** Counting is the dear part of a look that a lane's workflow takes every few minutes; beyond this it is "at least". */
export const MOST_COUNTED = 1_000_000;

/** How a lane stands, for its page in Temporal. @returns null when there is no such lane any more. */
export async function readLaneStanding(db: Database, { subscriptionId, topic }: LaneRef): Promise<LaneStanding | null> {
  const { rows } = await db.knex.raw<{ rows: StandingRow[] }>(
    `SELECT l.state, l.reason, l.since, l.next_attempt_at, w.waiting, h.id AS head, a.number, a.status_code, a.fault
     FROM lanes l
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS waiting FROM (${behindLane({ columns: '1', limit: MOST_COUNTED })}) counted
     ) w
     LEFT JOIN LATERAL (${behindLane({ columns: 'd.id, d.day', limit: 1 })}) h ON true
     LEFT JOIN LATERAL (
       SELECT number, status_code, fault FROM attempts
       WHERE delivery_id = h.id AND day = h.day ORDER BY number DESC LIMIT 1
     ) a ON true
     WHERE l.subscription_id = ? AND l.topic = ?`,
    [subscriptionId, topic],
  );
  const [row] = rows;
  if (!row) return null;
  return {
    state: row.state,
    reason: row.reason,
    since: row.since.toISOString(),
    waiting: row.waiting,
    head: row.head,
    nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
    lastAttempt:
      row.number === null
        ? null
        : { number: row.number, text: describeAttempt({ statusCode: row.status_code, fault: row.fault }) },
  };
}
