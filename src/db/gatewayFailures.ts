import type { Knex } from 'knex';
import { dayOfId } from '../contracts/ids';
import type { AppId } from './apps';
import { partitionOf } from './partitionDays';

/** A message whose calls have all failed. */
export interface FailedMessage {
  dispatchId: string;
  eventTag: string;
  callbackUrl: string;
  /** The event's, JSON text as it came; null: it does not fit on this page any more. */
  changes: string | null;
  calls: number;
  failedAt: Date;
  /** The same in microseconds since 1970: what the list is ordered by. */
  failedAtUs: number;
  reason: string | null;
  last: { statusCode: number | null; error: string | null } | null;
}

interface FailedRow {
  id: string;
  topic: string;
  callback_url: string;
  changes: string | null;
  calls: string;
  finished_at: Date;
  failed_at_us: string;
  reason: string | null;
  last: FailedMessage['last'];
}

export interface FailedMessageQuery {
  app: AppId;
  /** At least one. */
  eventTags: readonly string[];
  /** Failed then or later. */
  since?: Date;
  /** Failed before. */
  until?: Date;
  /** When the last one seen had failed, in microseconds since 1970, and its id. */
  after: readonly [failedAtUs: number, id: string] | null;
  limit: number;
  /** Of all `changes` together; the first always fits. */
  maxChangesBytes: number;
}

/**
 * Newest failure first. A merge over the tags, each of which an index delivers in that order, so that a page costs what
 * is on it. Of deleted registrations too.
 */
export async function listFailedMessages(db: Knex, query: FailedMessageQuery): Promise<FailedMessage[]> {
  const { app, eventTags, since, until, after, limit, maxChangesBytes } = query;
  const bounds: string[] = [];
  const values: (string | number | Date)[] = [];
  function bound(sql: string, ...given: (string | number | Date)[]): void {
    bounds.push(`AND ${sql}`);
    values.push(...given);
  }
  if (since) bound('d.finished_at >= ?', since);
  if (until) bound('d.finished_at < ?', until);
  if (after) bound(`(d.finished_at, d.id) < (timestamptz 'epoch' + ?::float8 * interval '1 microsecond', ?)`, ...after);
  const { rows } = await db.raw<{ rows: FailedRow[] }>(
    `WITH page AS MATERIALIZED (
       SELECT f.* FROM unnest(?::text[]) AS tag
       CROSS JOIN LATERAL (
         SELECT d.id, d.day, d.event_id, d.subscription_id, d.topic, d.reason, d.finished_at
         FROM deliveries d
         WHERE d.state = 'failed' AND d.tenant_id = ? AND d.app_id = ? AND d.topic = tag ${bounds.join(' ')}
           -- As a value, looked up row by row: for a join the planner would read every failure of the subscription.
           AND (SELECT s.interface = 'gateway' FROM subscriptions s WHERE s.id = d.subscription_id)
         ORDER BY d.finished_at DESC, d.id DESC LIMIT ?
       ) f
       ORDER BY f.finished_at DESC, f.id DESC LIMIT ?
     ), sized AS (
       SELECT page.*, e.changes, sum(octet_length(e.changes)) OVER newest AS size, row_number() OVER newest AS number
       FROM page JOIN events e ON e.id = page.event_id AND e.day = page.day
       WINDOW newest AS (ORDER BY page.finished_at DESC, page.id DESC)
     )
     SELECT f.id, f.topic, s.callback_url, f.reason, f.finished_at,
            (extract(epoch FROM f.finished_at) * 1000000)::bigint AS failed_at_us,
            CASE WHEN f.size <= ? OR f.number = 1 THEN f.changes END AS changes, a.calls,
            (SELECT jsonb_build_object('statusCode', a.status_code, 'error', a.error) FROM attempts a
             WHERE a.delivery_id = f.id AND a.day = f.day ORDER BY a.number DESC LIMIT 1) AS last
     FROM sized f
     JOIN subscriptions s ON s.id = f.subscription_id
     CROSS JOIN LATERAL (SELECT count(*) AS calls FROM attempts a WHERE a.delivery_id = f.id AND a.day = f.day) a
     ORDER BY f.number`,
    [[...eventTags], app.tenantId, app.appId, ...values, limit, limit, maxChangesBytes],
  );
  return rows.map((row) => ({
    dispatchId: row.id,
    eventTag: row.topic,
    callbackUrl: row.callback_url,
    changes: row.changes,
    calls: Number(row.calls),
    failedAt: row.finished_at,
    failedAtUs: Number(row.failed_at_us),
    reason: row.reason,
    last: row.last,
  }));
}

/** Those of the ids that name a failed message of the app's, of a registration that lives. */
export async function findFailedMessages(db: Knex, app: AppId, ids: readonly string[]): Promise<string[]> {
  const possible = ids.filter((id) => partitionOf(id) !== null);
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    `SELECT d.id FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id
     WHERE d.id = ANY(?::uuid[]) AND d.day = ANY(?::date[]) AND d.state = 'failed'
       AND d.tenant_id = ? AND d.app_id = ? AND s.interface = 'gateway' AND s.state <> 'deleted'`,
    [possible, [...new Set(possible.map(dayOfId))], app.tenantId, app.appId],
  );
  return rows.map(({ id }) => id);
}
