import type { Knex } from 'knex';
import { addDropped } from '../deliveryTotals';
import type { PartitionedTable } from '../partitions';
import { BY_INDEX, CUTOFF, type RetentionOf } from './days';

/** Rows that a page looks at, however many of them go: so each is short, and locks little. */
const PAGE = 2000;

type Key = (string | number)[];

/** A stretch of a table in the order of its primary key; conditions name the row. */
interface Stretch {
  from: string;
  within(row: string): string;
  ofDay(row: string): string;
}

interface Swept {
  table: PartitionedTable;
  /** Of the primary key; with values that come before and after all there are. */
  key: { columns: string[]; first: Key; last: Key };
  /** A statement that answers with the `count` of those that it deleted. Its values: the stretch's two keys, then these. */
  sql(stretch: Stretch): string;
  values(of: RetentionOf): number[];
}

const NO_ID = '00000000-0000-0000-0000-000000000000';
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A row that somebody has locked (a retry by hand, a re-push that copies it) is left to the next round. */
const DELIVERIES: Swept = {
  table: 'deliveries',
  key: { columns: ['id'], first: [NO_ID], last: [LAST_ID] },
  sql: ({ from, within, ofDay }) => `
    WITH expired AS MATERIALIZED (
      SELECT d.id FROM ${from} d
      WHERE ${within('d')} AND d.state <> 'pending' AND d.finished_at <= ${CUTOFF}
      ORDER BY d.id FOR UPDATE SKIP LOCKED
    ), gone AS (
      DELETE FROM ${from} d WHERE d.id = ANY (ARRAY(SELECT id FROM expired)) ${ofDay('d')}
      RETURNING d.subscription_id, d.state
    ), added AS (${addDropped('gone')})
    SELECT count(*)::int FROM gone`,
  values: ({ retentionDays }) => [retentionDays],
};

/** OFFSET 0: looked up one by one. As a join, a planner without statistics compared each with every delivery of the day. */
const ATTEMPTS: Swept = {
  table: 'attempts',
  key: { columns: ['delivery_id', 'number'], first: [NO_ID, 0], last: [LAST_ID, 0] },
  sql: ({ from, within, ofDay }) => `
    WITH gone AS (
      DELETE FROM ${from} a
      WHERE ${within('a')}
        AND NOT EXISTS (SELECT FROM deliveries d WHERE d.id = a.delivery_id AND d.day = a.day ${ofDay('d')} OFFSET 0)
      RETURNING 1
    )
    SELECT count(*)::int FROM gone`,
  values: () => [],
};

/** Two lookups: originals and copies have an index each. */
const EVENTS: Swept = {
  table: 'events',
  key: { columns: ['id'], first: [NO_ID], last: [LAST_ID] },
  sql: ({ from, within, ofDay }) => `
    WITH gone AS (
      DELETE FROM ${from} e
      WHERE ${within('e')} AND e.fan_out_after IS NULL AND e.fan_out_targets IS NULL AND e.accepted_at <= ${CUTOFF}
        AND NOT EXISTS (SELECT FROM deliveries d
                        WHERE d.event_id = e.id AND d.day = e.day ${ofDay('d')} AND d.replay_of IS NULL OFFSET 0)
        AND NOT EXISTS (SELECT FROM deliveries d
                        WHERE d.event_id = e.id AND d.day = e.day ${ofDay('d')} AND d.replay_of IS NOT NULL OFFSET 0)
      RETURNING 1
    )
    SELECT count(*)::int FROM gone`,
  values: ({ retentionDays }) => [retentionDays],
};

/**
 * Deletes what is past its retention where a partition cannot be dropped: of a day that has much to keep, or of the
 * default partitions (`day` null). Deliveries, each counted in the statement that deletes it; then the attempts and the
 * events that no delivery is left of. Page by page, each a transaction, so it may end anywhere.
 *
 * @returns how many deliveries.
 */
export async function sweep(knex: Knex, of: RetentionOf & { day: string | null }): Promise<number> {
  const deliveries = await sweepTable(knex, DELIVERIES, of);
  await sweepTable(knex, ATTEMPTS, of);
  await sweepTable(knex, EVENTS, of);
  return deliveries;
}

async function sweepTable(knex: Knex, swept: Swept, of: RetentionOf & { day: string | null }): Promise<number> {
  const { columns, first, last } = swept.key;
  const from = of.day === null ? `${swept.table}_kept` : swept.table;
  // By the parent's name and the day: should another round detach the day meanwhile, its rows are left alone.
  const ofDay = (row: string) => (of.day === null ? '' : `AND ${row}.day = '${of.day}'`);
  const key = (row: string) => `(${columns.map((column) => `${row}.${column}`)})`;
  const bound = `(${columns.map(() => '?')})`;
  const within = (row: string) => `${key(row)} > ${bound} AND ${key(row)} <= ${bound} ${ofDay(row)}`;
  const sql = swept.sql({ from, within, ofDay });
  const nextSql = `SELECT jsonb_build_array(${columns}) AS key FROM ${from} x WHERE ${key('x')} > ${bound} ${ofDay('x')}
                   ORDER BY ${columns} OFFSET ${PAGE - 1} LIMIT 1`;
  let total = 0;
  for (let after: Key | null = first; after !== null; ) {
    const page = await sweepPage(knex, { sql, nextSql, after, last, values: swept.values(of) });
    total += page.count;
    after = page.next;
  }
  return total;
}

interface PageOfSweep {
  sql: string;
  nextSql: string;
  after: Key;
  last: Key;
  values: number[];
}

/** @returns `next`: the key that the page ended with; null: nothing comes after it. */
async function sweepPage(
  knex: Knex,
  { sql, nextSql, after, last, values }: PageOfSweep,
): Promise<{ count: number; next: Key | null }> {
  return knex.transaction(async (trx) => {
    await trx.raw(BY_INDEX);
    const end = await trx.raw<{ rows: { key: Key }[] }>(nextSql, after);
    const next = end.rows[0]?.key ?? null;
    const { rows } = await trx.raw<{ rows: { count: number }[] }>(sql, [...after, ...(next ?? last), ...values]);
    return { count: rows[0]?.count ?? 0, next };
  });
}
