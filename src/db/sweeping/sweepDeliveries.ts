import type { Knex } from 'knex';
import { COVERED_BY_GRANT, NOT_CANCELLED } from '../carrying/cancelled';

/** Pending deliveries that a statement looks at, of all its subscriptions: some ten milliseconds. */
const PAGE = 1000;

export const FIRST_ID = '00000000-0000-0000-0000-000000000000';
export const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Where a sweep stands in a subscription's pending deliveries. */
export interface Position {
  subscriptionId: string;
  /** The last delivery that was looked at. */
  after: string;
}

export interface Swept {
  subscriptionId: string;
  /** The last delivery that was looked at; null: there were no more. */
  last: string | null;
}

interface SweptRow {
  subscription_id: string;
  looked_at: number;
  last: string | null;
}

/**
 * Writes which of the next pending deliveries of each subscription are cancelled, whatever cancels them, in one statement.
 * Rows are locked in id order, as in every multi-row write.
 */
export async function sweepDeliveries(knex: Knex, positions: Position[]): Promise<Swept[]> {
  const page = Math.ceil(PAGE / Math.max(1, positions.length));
  const { rows } = await knex.raw<{ rows: SweptRow[] }>(
    `WITH wanted AS MATERIALIZED (
       SELECT * FROM unnest(?::uuid[], ?::uuid[]) AS w(subscription_id, after)
     ), page AS MATERIALIZED (
       SELECT d.* FROM wanted w CROSS JOIN LATERAL (
         SELECT d.id, d.day, d.subscription_id, d.topic, d.tenant_id, d.app_id, d.event_tenant_id, d.created_at
         FROM deliveries d
         WHERE d.subscription_id = w.subscription_id AND d.state = 'pending' AND d.id > w.after ORDER BY d.id LIMIT ?
       ) d
     ), covered AS MATERIALIZED (
       SELECT d.id, d.day,
              CASE WHEN (SELECT state FROM subscriptions WHERE id = d.subscription_id) = 'deleted' THEN 'subscription_deleted'
                   WHEN (SELECT true FROM grant_cancellations x WHERE ${COVERED_BY_GRANT} LIMIT 1) THEN 'grant_withdrawn'
                   ELSE 'topic_dropped' END AS reason
       FROM page d WHERE NOT (${NOT_CANCELLED})
     ), locked AS MATERIALIZED (
       SELECT d.id, d.day, c.reason FROM covered c JOIN deliveries d ON d.id = c.id AND d.day = c.day
       WHERE d.state = 'pending' ORDER BY d.id FOR UPDATE OF d
     ), swept AS (
       UPDATE deliveries d
       SET state = 'cancelled', reason = l.reason, finished_at = now(), due_by = NULL, next_attempt_at = NULL
       FROM locked l WHERE d.id = l.id AND d.day = l.day
     )
     SELECT w.subscription_id, count(p.id)::int AS looked_at, (array_agg(p.id ORDER BY p.id DESC))[1] AS last
     FROM wanted w LEFT JOIN page p ON p.subscription_id = w.subscription_id GROUP BY w.subscription_id`,
    [positions.map(({ subscriptionId }) => subscriptionId), positions.map(({ after }) => after), page],
  );
  return rows.map((row) => ({ subscriptionId: row.subscription_id, last: row.looked_at < page ? null : row.last }));
}
