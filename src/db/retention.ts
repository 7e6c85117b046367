import type { Knex } from 'knex';
import { addDropped } from './deliveryTotals';
import { PARTITIONED_TABLES } from './partitions';

const PAGE = 5000;
/** Detaching waits for the queries of the moment, and everything else waits behind it: given up quickly, tried again hourly. */
const LOCK_TIMEOUT = '2s';

const STAYS = `state = 'pending' OR finished_at > now() - ? * interval '1 day'`;

/** What a round dropped and kept. */
export interface RetentionResult {
  daysDropped: string[];
  expiredKeys: number;
  keptRowsDropped: number;
}

/**
 * Drops the days that are past their retention. What is still pending, or to be written, or finished less than `retentionDays` ago, stays
 * with its event and attempts: it moves to the default partitions, the undated `…_kept` tables, where every read and
 * write finds it as before.
 */
export async function retain(knex: Knex, { retentionDays }: { retentionDays: number }): Promise<RetentionResult> {
  const daysDropped: string[] = [];
  for (const day of await daysPastRetention(knex, retentionDays)) {
    await dropDay(knex, { day, retentionDays });
    daysDropped.push(day);
  }
  const keptRowsDropped = await dropKept(knex, retentionDays);
  const expiredKeys = await inPages((limit) =>
    knex.raw(
      `DELETE FROM idempotency_keys WHERE (tenant_id, key) IN
         (SELECT tenant_id, key FROM idempotency_keys WHERE expires_at < now() ORDER BY tenant_id, key LIMIT ?)`,
      [limit],
    ),
  );
  return { daysDropped, expiredKeys, keptRowsDropped };
}

async function daysPastRetention(knex: Knex, retentionDays: number): Promise<string[]> {
  const { rows } = await knex.raw<{ rows: { day: string }[] }>(
    `SELECT to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') AS day
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'deliveries'::regclass AND c.relname ~ '^deliveries_[0-9]{8}$'
       AND to_date(right(c.relname, 8), 'YYYYMMDD') < (now() AT TIME ZONE 'UTC')::date - ?::int
     ORDER BY 1`,
    [retentionDays],
  );
  return rows.map(({ day }) => day);
}

async function dropDay(knex: Knex, { day, retentionDays }: { day: string; retentionDays: number }): Promise<void> {
  const dated = (table: string) => `${table}_${day.replaceAll('-', '')}`;
  await knex.transaction(async (trx) => {
    await trx.raw(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    for (const table of PARTITIONED_TABLES) {
      await trx.raw('ALTER TABLE ?? DETACH PARTITION ??', [table, dated(table)]);
    }
    await trx.raw(`INSERT INTO deliveries SELECT * FROM ?? WHERE ${STAYS}`, [dated('deliveries'), retentionDays]);
    await trx.raw(addDropped(`(SELECT * FROM ?? WHERE (${STAYS}) IS NOT TRUE) AS gone`), [
      dated('deliveries'),
      retentionDays,
    ]);
    await trx.raw(
      `INSERT INTO events SELECT * FROM ?? e
       WHERE fan_out_after IS NOT NULL
          OR EXISTS (SELECT FROM deliveries_kept d WHERE d.event_id = e.id AND d.day = e.day)`,
      [dated('events')],
    );
    await trx.raw(
      `INSERT INTO attempts SELECT * FROM ?? a
       WHERE EXISTS (SELECT FROM deliveries_kept d WHERE d.id = a.delivery_id AND d.day = a.day)`,
      [dated('attempts')],
    );
    for (const table of PARTITIONED_TABLES) await trx.raw('DROP TABLE ??', [dated(table)]);
  });
}

/** What was kept longer goes when it is past its retention too; its event and attempts with the last of it. */
async function dropKept(knex: Knex, retentionDays: number): Promise<number> {
  const dropped = await inPages((limit) =>
    knex.raw(
      `WITH gone AS (
         DELETE FROM deliveries_kept WHERE id IN
           (SELECT id FROM deliveries_kept
            WHERE state <> 'pending' AND finished_at < now() - ? * interval '1 day' ORDER BY id LIMIT ?)
         RETURNING subscription_id, state
       ), added AS (${addDropped('gone')})
       SELECT 1 FROM gone`,
      [retentionDays, limit],
    ),
  );
  if (dropped === 0) return 0;
  await knex.raw(
    'DELETE FROM attempts_kept a WHERE NOT EXISTS (SELECT FROM deliveries_kept d WHERE d.id = a.delivery_id)',
  );
  await knex.raw(
    `DELETE FROM events_kept e
     WHERE fan_out_after IS NULL AND NOT EXISTS (SELECT FROM deliveries_kept d WHERE d.event_id = e.id)`,
  );
  return dropped;
}

async function inPages(drop: (limit: number) => Knex.Raw<{ rowCount: number }>): Promise<number> {
  let total = 0;
  for (;;) {
    const { rowCount } = await drop(PAGE);
    total += rowCount;
    if (rowCount < PAGE) return total;
  }
}
