import { dayOfId } from '../../contracts/ids';
import type { DeliveryState } from '../../contracts/states';
import type { Outcome, Settled } from '../../domain/delivery';
import { type Database, LOCK_TIMEOUT_MS, type Statement } from '../database';
import { NOTE_FAILURES } from './failuresToShow';
import { JOIN_MAIN_LANE, joinDelivery, lockOutcomesDeliveries } from './rows';

/** Every attempt is recorded, whatever becomes of its delivery. */
const ATTEMPTED = `
WITH outcome AS MATERIALIZED (
  SELECT o.* FROM set_config('lock_timeout', $14::text, true) CROSS JOIN
    unnest($1::uuid[], $2::date[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[], $8::text[],
           $9::text[], $10::text[], $11::text[], $12::bigint[], $13::text[])
    AS o(id, day, generation, attempt, started_ago_ms, duration_ms, status_code, error, excerpt, state, reason, wait_ms,
         fault)
), attempted AS (
  INSERT INTO attempts (delivery_id, day, number, started_at, duration_ms, status_code, fault, error, response_excerpt)
  SELECT id, day, attempt, now() - started_ago_ms * interval '1 ms', duration_ms, status_code, fault, error, excerpt
  FROM outcome
  ON CONFLICT DO NOTHING
)`;

/** Locks what is pending of the outcomes' deliveries, in id order. */
const open = (order: { after?: string } = {}) => `open AS MATERIALIZED (
  SELECT d.id, d.subscription_id, d.generation, d.attempt
  FROM ${lockOutcomesDeliveries(order)}
  WHERE d.state = 'pending'
)`;

/**
 * An outcome changes the delivery only while that is pending. An acknowledgement counts from any generation, a failure
 * only from the attempt that the row knows as its latest; of two attempts of one delivery in one group (the first was
 * overtaken), the one that counts.
 */
const COUNTED = `counted AS MATERIALIZED (
  SELECT DISTINCT ON (o.id) o.*, open.subscription_id
  FROM open JOIN outcome o ON o.id = open.id
  WHERE o.state = 'delivered' OR (o.generation = open.generation AND o.attempt = open.attempt)
  ORDER BY o.id, o.state = 'delivered' DESC
)`;

/** What was handed over uses up nothing of the policy: the process that stopped is ours. */
const UPDATE = `
UPDATE deliveries d
SET state = o.state, reason = o.reason,
    failures = d.failures + CASE WHEN o.state = 'delivered' OR o.fault = 'handed_over' THEN 0 ELSE 1 END,
    finished_at = CASE WHEN o.state <> 'pending' THEN now() END`;

const OF_COUNTED = `d.id = o.id AND d.day = o.day AND d.day = ANY($2::date[])`;

/** A group in which nothing failed: no lane is touched. */
const RECORD_DELIVERED: Statement = {
  name: 'record_delivered',
  text: `${ATTEMPTED}, ${open()}, ${COUNTED}${UPDATE}, next_attempt_at = NULL, due_by = NULL
FROM counted o
WHERE ${OF_COUNTED}
RETURNING d.id, d.state, d.next_attempt_at, false AS behind_lane, NULL::uuid AS woken`,
};

/**
 * `lane`: of what failed, the lanes in use, locked so that none of them falls asleep between this look and the commit:
 * what fails behind a lane stays behind it (due_by NULL) and needs its lane awake (`woken`). Lanes are locked before
 * deliveries, as everywhere.
 */
const RECORD_FAILED: Statement = {
  name: 'record_failed',
  text: `${ATTEMPTED}, lane AS MATERIALIZED (
  SELECT l.id, l.subscription_id, l.awake
  FROM (
    SELECT DISTINCT l.id FROM outcome o ${joinDelivery('o')} ${JOIN_MAIN_LANE}
    WHERE o.state = 'pending' AND l.state <> 'idle' ORDER BY l.id
  ) x CROSS JOIN LATERAL (SELECT * FROM lanes WHERE id = x.id LIMIT 1 FOR UPDATE) l
  WHERE l.state <> 'idle'
), woken AS (
  UPDATE lanes SET awake = true, due_by = now() + interval '1 minute'
  FROM lane l WHERE lanes.id = l.id AND NOT l.awake
  RETURNING lanes.subscription_id
), ${open({ after: 'lane' })}, ${COUNTED}, ${NOTE_FAILURES}${UPDATE},
    next_attempt_at = now() + (o.wait_ms - (o.started_ago_ms - o.duration_ms)) * interval '1 ms',
    due_by = CASE WHEN o.state = 'pending' AND l.subscription_id IS NULL
                  THEN now() + o.wait_ms * interval '1 ms' + interval '30 s' END
FROM counted o
LEFT JOIN lane l ON l.subscription_id = o.subscription_id
LEFT JOIN woken w ON w.subscription_id = o.subscription_id
WHERE ${OF_COUNTED}
RETURNING d.id, d.state, d.next_attempt_at, d.state = 'pending' AND d.due_by IS NULL AS behind_lane,
          w.subscription_id AS woken`,
};

interface SettledRow {
  id: string;
  state: DeliveryState;
  next_attempt_at: Date | null;
  behind_lane: boolean;
  /** The subscription whose lane this group woke. */
  woken: string | null;
}

/**
 * @param lockTimeoutMs a row that stays locked for so long fails the group (`isLockTimeout`). Default 6,000.
 * @returns how those stand that an outcome changed; an outcome that came too late is only recorded.
 */
export async function recordOutcomes(
  db: Database,
  outcomes: Outcome[],
  { lockTimeoutMs = LOCK_TIMEOUT_MS }: { lockTimeoutMs?: number } = {},
): Promise<Settled[]> {
  const hasFailures = outcomes.some(({ state }) => state !== 'delivered');
  const rows = await db.run<SettledRow>(hasFailures ? RECORD_FAILED : RECORD_DELIVERED, [
    outcomes.map((o) => o.deliveryId),
    outcomes.map((o) => dayOfId(o.deliveryId)),
    outcomes.map((o) => o.generation),
    outcomes.map((o) => o.attempt),
    outcomes.map((o) => Math.round(o.startedAgoMs)),
    outcomes.map((o) => Math.round(o.durationMs)),
    outcomes.map((o) => o.statusCode),
    outcomes.map((o) => o.error),
    outcomes.map((o) => o.responseExcerpt),
    outcomes.map((o) => o.state),
    outcomes.map((o) => o.reason),
    outcomes.map((o) => o.waitMs),
    outcomes.map((o) => o.fault),
    String(lockTimeoutMs),
  ]);
  // One of each lane's deliveries tells its workflow, not each of them.
  const told = new Set<string | null>([null]);
  return rows.map((row) => {
    const wokeLane = !told.has(row.woken);
    told.add(row.woken);
    return {
      deliveryId: row.id,
      state: row.state,
      nextAttemptAt: row.next_attempt_at,
      behindLane: row.behind_lane,
      wokeLane,
    };
  });
}
