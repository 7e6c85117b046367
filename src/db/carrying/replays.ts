import type { Knex } from 'knex';
import type { Database, Statement } from '../database';
import { GRANTED } from './granted';
import type { LaneHold } from './holdLane';
import { idAt } from './ids';
import { joinDelivery } from './rows';

const COPIES_AT_ONCE = 500;

/** Longer than an accept may take: so far apart can be the numbers and the moments of two deliveries of one lane. */
const OUT_OF_ORDER = '10 s';

/** Where a lane's re-push begins: everything that it accepted since then has this number or a higher one. */
export interface ReplayStart {
  laneId: string;
  number: string;
}

/**
 * Finds out where re-pushes begin, before any lane is locked. Numbers and moments of acceptance rise together, so each
 * lane is searched in halves: twenty rows are read of a lane of a million.
 *
 * @returns only lanes that have accepted something since then, or at most ten seconds before.
 */
export async function findReplayStarts(
  knex: Knex,
  { laneIds, since }: { laneIds: string[]; since: Date },
): Promise<ReplayStart[]> {
  const { rows } = await knex.raw<{ rows: { id: string; number: string }[] }>(
    `WITH RECURSIVE wanted AS (
       SELECT ?::timestamptz - interval '${OUT_OF_ORDER}' AS since
     ), search AS (
       SELECT id, subscription_id, lanes.topic, counter, 0::bigint AS before, counter + 1 AS start
       FROM lanes WHERE id = ANY(?::uuid[]) AND lanes.topic <> ''
       UNION ALL
       SELECT s.id, s.subscription_id, s.topic, s.counter,
              CASE WHEN found.is_earlier THEN found.lane_number ELSE s.before END,
              CASE WHEN found.is_earlier THEN s.start ELSE (s.before + s.start) / 2 END
       FROM search s CROSS JOIN wanted LEFT JOIN LATERAL (
         SELECT d.lane_number, d.created_at < wanted.since AS is_earlier FROM deliveries d
         WHERE d.subscription_id = s.subscription_id AND d.topic = s.topic AND d.replay_of IS NULL
           AND d.lane_number >= (s.before + s.start) / 2 AND d.lane_number < s.start
         ORDER BY d.lane_number LIMIT 1
       ) found ON true
       WHERE s.start - s.before > 1
     )
     SELECT id, start AS number FROM search WHERE start - before <= 1 AND start <= counter`,
    [since, laneIds],
  );
  return rows.map(({ id, number }) => ({ laneId: id, number }));
}

/**
 * Asks for everything that the lanes accepted since then again: one row each, the copies are made by who pushes the lane.
 * One that is under way reaches further back, if it has to; what it copied already it does not copy again.
 *
 * @returns the ids of the lanes that may have something to copy.
 */
export async function openReplays(
  trx: Knex.Transaction,
  { laneIds, starts, since }: { laneIds: string[]; starts: ReplayStart[]; since: Date },
): Promise<string[]> {
  const { rows } = await trx.raw<{ rows: { id: string }[] }>(
    `UPDATE lanes l
     SET replay_since = ?, replay_made = first.number - 1, replay_to = l.counter, replay_at = coalesce(l.replay_at, now()),
         epoch = l.epoch + 1, awake = true,
         state = CASE WHEN l.state = 'idle' THEN 'running' ELSE l.state END,
         since = CASE WHEN l.state = 'idle' THEN now() ELSE l.since END,
         due_by = CASE WHEN l.awake THEN l.due_by ELSE now() + interval '1 minute' END
     FROM unnest(?::uuid[], ?::bigint[]) AS first(id, number)
     WHERE l.id = first.id AND l.id = ANY(?::uuid[]) AND (l.replay_at IS NULL OR l.replay_since > ?)
     RETURNING l.id`,
    [since, starts.map((s) => s.laneId), starts.map((s) => s.number), laneIds, since],
  );
  return rows.map(({ id }) => id);
}

/**
 * The next copies of a re-push: new deliveries of what was delivered or failed, under their events' numbers and so before
 * anything newer. What is pending keeps its place. A copy lies in its event's partition, as its id says. The
 * originals are locked: retention would drop one, and its event, under the copy. After a grant was withdrawn, that tenant's
 * events go out no more.
 */
const MAKE_COPIES: Statement = {
  name: 'make_copies',
  text: `
WITH lane AS MATERIALIZED (
  SELECT * FROM lanes WHERE id = $1 AND epoch = $2 AND replay_at IS NOT NULL FOR UPDATE
), page AS MATERIALIZED (
  SELECT d.* FROM lane l
  CROSS JOIN LATERAL (
    SELECT * FROM deliveries d
    WHERE d.subscription_id = l.subscription_id AND d.topic = l.topic AND d.replay_of IS NULL
      AND d.lane_number > l.replay_made AND d.lane_number <= l.replay_to
    ORDER BY d.lane_number LIMIT ${COPIES_AT_ONCE}
  ) d
), original AS MATERIALIZED (
  SELECT d.* FROM (SELECT id, day FROM page ORDER BY id) p ${joinDelivery('p', { lock: 'KEY SHARE' })}
  WHERE d.state IN ('delivered', 'failed') AND ${GRANTED}
), copied AS (
  INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                          lane_number, replay_of, created_at)
  SELECT ${idAt('p.created_at')}, p.day, p.event_id, p.event_tenant_id,
         p.subscription_id, p.tenant_id, p.app_id, p.topic, 'pending', p.lane_number, p.id, now()
  FROM original p, lane l
  WHERE p.created_at >= l.replay_since AND NOT EXISTS (
    SELECT FROM deliveries c WHERE c.event_id = p.event_id AND c.replay_of = p.id AND c.day = p.day
      AND (c.state = 'pending' OR c.created_at >= l.replay_at))
), rest AS (
  SELECT count(*) < ${COPIES_AT_ONCE} AS is_done, max(lane_number) AS made FROM page
)
UPDATE lanes
SET replay_made = CASE WHEN NOT is_done THEN made END, replay_at = CASE WHEN NOT is_done THEN lane.replay_at END,
    replay_since = CASE WHEN NOT is_done THEN lane.replay_since END,
    replay_to = CASE WHEN NOT is_done THEN lane.replay_to END
FROM lane, rest WHERE lanes.id = lane.id
RETURNING lanes.replay_at IS NOT NULL AS is_replaying`,
};

/** @returns whether there is more to copy; null when the lane is held no more. */
export async function makeCopies(db: Database, { laneId, epoch }: LaneHold): Promise<boolean | null> {
  const [row] = await db.runShared<{ is_replaying: boolean }>(MAKE_COPIES, [laneId, epoch]);
  return row?.is_replaying ?? null;
}
