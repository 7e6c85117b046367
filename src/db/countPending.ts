import type { Knex } from 'knex';
import type { AppId } from './apps';
import { NOT_CANCELLED } from './carrying/cancelled';

/** Beyond these a count is "at least". A million takes about a second; a subscription is deleted only once. */
const MOST_OF_DELETED = 1_000_000;
/** A subscription can be changed many times a second, so each change pays for less. */
const MOST_OF_CHANGED = 100_000;

/*
 * How many pending deliveries an act is about to cancel. Asked before its transaction, so that nobody's publish waits for
 * the count behind the locks: what is accepted or delivered in between makes it differ by that.
 */

export async function countPendingOf(knex: Knex, subscriptionId: string): Promise<number> {
  return count(knex, `SELECT FROM deliveries d WHERE d.subscription_id = ? AND ${PENDING} LIMIT ${MOST_OF_DELETED}`, [
    subscriptionId,
  ]);
}

/** Of these names alone; of the oldest pending deliveries up to a bound. @returns also when it was asked, by the database. */
export async function countPendingOfNames(
  knex: Knex,
  subscriptionId: string,
  names: string[],
): Promise<{ count: number; at: Date | null }> {
  if (names.length === 0) return { count: 0, at: null };
  const { rows } = await knex.raw<{ rows: [{ count: string; at: Date }] }>(
    `SELECT count(*) AS count, now() AS at FROM (
       SELECT * FROM deliveries d WHERE d.subscription_id = ? AND d.state = 'pending' ORDER BY d.id LIMIT ${MOST_OF_CHANGED}
     ) d WHERE d.topic = ANY(?::text[]) AND ${NOT_CANCELLED}`,
    [subscriptionId, names],
  );
  return { count: Number(rows[0].count), at: rows[0].at };
}

/** What was accepted since that count, while the change waited for its turn and its locks: few, so under the locks. */
export async function countPendingOfNamesSince(
  trx: Knex.Transaction,
  subscriptionId: string,
  { names, since }: { names: string[]; since: Date },
): Promise<number> {
  return count(
    trx,
    `SELECT FROM deliveries d
     WHERE d.subscription_id = ? AND d.state = 'pending' AND d.id >= uuid_v7_at((extract(epoch FROM ?::timestamptz) * 1000)::bigint - 1)
       AND d.created_at >= ? AND d.topic = ANY(?::text[]) AND ${NOT_CANCELLED}`,
    [subscriptionId, since, since, names],
  );
}

export async function countPendingOfGrant(knex: Knex, app: AppId, eventTenantId: string): Promise<number> {
  return count(
    knex,
    `SELECT FROM subscriptions s JOIN deliveries d ON d.subscription_id = s.id
     WHERE s.tenant_id = ? AND s.app_id = ? AND s.state <> 'deleted' AND d.event_tenant_id = ? AND ${PENDING}
     LIMIT ${MOST_OF_DELETED}`,
    [app.tenantId, app.appId, eventTenantId],
  );
}

const PENDING = `d.state = 'pending' AND ${NOT_CANCELLED}`;

async function count(knex: Knex, rows: string, values: Knex.RawBinding[]): Promise<number> {
  const result = await knex.raw<{ rows: [{ count: string }] }>(
    `SELECT count(*) AS count FROM (${rows}) counted`,
    values,
  );
  return Number(result.rows[0].count);
}
