import type { Knex } from 'knex';
import { isUuid, laneWorkflowId } from '../contracts/ids';
import type { LaneState } from '../contracts/states';
import type { Scope } from '../domain/scope';
import { behindLane } from './carrying/behindLane';
import { MOST_COUNTED } from './carrying/laneStanding';
import { type Condition, scopeCondition } from './scopes';

export interface Lane {
  id: string;
  subscriptionId: string;
  topic: string;
  state: LaneState;
  reason: string | null;
  since: Date;
  /** Pending deliveries behind it, counted up to a bound. */
  waiting: number;
  /** The one that goes next. */
  head: string | null;
  /**
   * To come: of the head, or of the next probe; of a lane that is not ordered else the earliest behind it. Null when it is
   * due, also while the lane is held.
   */
  nextAttemptAt: Date | null;
  workflowId: string;
}

interface LaneRow {
  id: string;
  subscription_id: string;
  tenant_id: string;
  app_id: string;
  topic: string;
  state: LaneState;
  reason: string | null;
  since: Date;
  waiting: number;
  head: string | null;
  next_attempt_at: Date | null;
}

function toLane(row: LaneRow): Lane {
  const { id, subscription_id: subscriptionId, topic, state, reason, since, head } = row;
  return {
    id,
    subscriptionId,
    topic,
    state,
    reason,
    since,
    waiting: row.waiting,
    head,
    nextAttemptAt: row.next_attempt_at,
    workflowId: laneWorkflowId(subscriptionId, { tenantId: row.tenant_id, appId: row.app_id, topic }),
  };
}

/** Of each of up to 500 lanes. */
const MOST_COUNTED_IN_A_LIST = 10_000;

export async function findLane(db: Knex, { id, scope }: { id: string; scope: Scope }): Promise<Lane | null> {
  if (!isUuid(id)) return null;
  const [lane] = await selectLanes(db, {
    conditions: [{ sql: 'l.id = ?', values: [id] }, scopeCondition(scope, 's')],
    limit: 1,
    mostCounted: MOST_COUNTED,
  });
  return lane ?? null;
}

export interface LaneQuery {
  scope: Scope;
  state?: LaneState;
  /** Id of the last one seen. */
  after: string | null;
  limit: number;
}

/** Newest first. */
export async function listLanes(db: Knex, { scope, state, after, limit }: LaneQuery): Promise<Lane[]> {
  const conditions = [scopeCondition(scope, 's')];
  if (state !== undefined) conditions.push({ sql: 'l.state = ?', values: [state] });
  if (after !== null) conditions.push({ sql: 'l.id < ?', values: [after] });
  return selectLanes(db, { conditions, limit, mostCounted: MOST_COUNTED_IN_A_LIST });
}

async function selectLanes(
  db: Knex,
  { conditions, limit, mostCounted }: { conditions: Condition[]; limit: number; mostCounted: number },
): Promise<Lane[]> {
  const { rows } = await db.raw<{ rows: LaneRow[] }>(
    `WITH page AS MATERIALIZED (
       SELECT l.id, l.subscription_id, s.tenant_id, s.app_id, l.topic, l.state, l.reason, l.since, l.next_attempt_at
       FROM lanes l JOIN subscriptions s ON s.id = l.subscription_id
       WHERE s.state <> 'deleted' AND ${conditions.map(({ sql }) => sql).join(' AND ')}
       ORDER BY l.id DESC LIMIT ?
     )
     SELECT l.id, l.subscription_id, l.tenant_id, l.app_id, l.topic, l.state, l.reason, l.since, w.waiting, h.id AS head,
            CASE WHEN n.at > now() THEN n.at END AS next_attempt_at
     FROM page l
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS waiting, min(next_attempt_at) AS next_attempt_at
       FROM (${behindLane({ columns: 'd.next_attempt_at', limit: mostCounted })}) d
     ) w
     LEFT JOIN LATERAL (${behindLane({ columns: 'd.id', limit: 1 })}) h ON true
     CROSS JOIN LATERAL (
       SELECT coalesce(l.next_attempt_at, CASE WHEN l.topic = '' THEN w.next_attempt_at END) AS at
     ) n
     ORDER BY l.id DESC`,
    [...conditions.flatMap(({ values }) => values), limit],
  );
  return rows.map(toLane);
}
