import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { isUuid, laneWorkflowId } from '../contracts/ids';
import type { LaneState } from '../contracts/states';
import type { Scope } from '../domain/scope';
import { NOT_CANCELLED } from './carrying/rows';
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
  /** The oldest of them. */
  head: string | null;
  nextAttemptAt: Date | null;
  workflowId: string;
}

interface LaneRow {
  id: string;
  subscription_id: string;
  topic: string;
  state: LaneState;
  reason: string | null;
  since: Date;
  waiting: string;
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
    waiting: Number(row.waiting),
    head,
    nextAttemptAt: row.next_attempt_at,
    workflowId: laneWorkflowId({ subscriptionId, topic }),
  };
}

/** The one lane of a subscription that is not ordered. */
export async function insertLane(trx: Knex.Transaction, subscriptionId: string): Promise<void> {
  await trx('lanes').insert({ id: uuidv7(), subscription_id: subscriptionId });
}

/** Counting is the dear part: a lane can hold millions. */
const MOST_COUNTED = 1_000_000;
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
       SELECT l.id, l.subscription_id, l.topic, l.state, l.reason, l.since
       FROM lanes l JOIN subscriptions s ON s.id = l.subscription_id
       WHERE s.state <> 'deleted' AND ${conditions.map(({ sql }) => sql).join(' AND ')}
       ORDER BY l.id DESC LIMIT ?
     )
     SELECT p.*, w.waiting, w.head, w.next_attempt_at
     FROM page p CROSS JOIN LATERAL (
       SELECT count(*) AS waiting, min(id::text) AS head, min(next_attempt_at) AS next_attempt_at
       FROM (
         SELECT d.id, d.next_attempt_at FROM deliveries d
         WHERE d.subscription_id = p.subscription_id AND d.state = 'pending' AND ${NOT_CANCELLED}
           AND CASE WHEN p.topic = '' THEN d.due_by IS NULL ELSE d.topic = p.topic END
         ORDER BY d.id LIMIT ?
       ) d
     ) w
     ORDER BY p.id DESC`,
    [...conditions.flatMap(({ values }) => values), limit, mostCounted],
  );
  return rows.map(toLane);
}
