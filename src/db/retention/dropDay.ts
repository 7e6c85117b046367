import type { Knex } from 'knex';
import { UNFINISHED } from '../carrying/fanOut';
import { lowestIdAt } from '../partitionDays';
import { PARTITIONED_TABLES, type PartitionedTable, partitionName } from '../partitions';
import { withWholeTable } from '../wholeTable';
import { BY_INDEX, CUTOFF, type PastDay, type RetentionOf } from './days';

/** What is moved while everything else waits: a few tenths of a second of it (docs/decisions/0011-retention-in-pages.md). */
const MAX_MOVED = { deliveries: 2000, attempts: 20_000, bytes: 8 * 1024 * 1024 };

/** Found by partial indexes, however large the day is. Finished less than the retention ago is also: later than on the day itself. */
const STAYING = `(
  SELECT id, event_id FROM deliveries WHERE day = ? AND state = 'pending'
  UNION ALL
  SELECT id, event_id FROM deliveries
  WHERE day = ? AND state <> 'pending' AND finished_at AT TIME ZONE 'UTC' >= day + 1 AND finished_at > ${CUTOFF}
  LIMIT ?
)`;

const staying = ({ day, retentionDays }: RetentionOf & { day: string }) => [
  day,
  day,
  retentionDays,
  MAX_MOVED.deliveries + 1,
];

/** Whether more of the day has to stay than can be moved at once. */
export async function isTooMuchToMove(knex: Knex, of: RetentionOf & { day: string }): Promise<boolean> {
  return knex.transaction(async (trx) => {
    await trx.raw(BY_INDEX);
    const { rows } = await trx.raw<{ rows: { deliveries: number; attempts: number; bytes: string }[] }>(
      `WITH stays AS MATERIALIZED ${STAYING}
       SELECT (SELECT count(*)::int FROM stays) AS deliveries, a.count AS attempts, e.bytes + a.bytes AS bytes
       FROM (SELECT count(*)::int, coalesce(sum(octet_length(response_excerpt)), 0) AS bytes FROM attempts
             WHERE day = ? AND delivery_id = ANY (ARRAY(SELECT id FROM stays))) a,
            (SELECT coalesce(sum(octet_length(changes)), 0) AS bytes FROM events
             WHERE day = ? AND id = ANY (ARRAY(
               SELECT event_id FROM stays UNION SELECT id FROM events WHERE day = ? AND ${UNFINISHED}))) e`,
      [...staying(of), of.day, of.day, of.day],
    );
    return rows.some(
      ({ deliveries, attempts, bytes }) =>
        deliveries > MAX_MOVED.deliveries || attempts > MAX_MOVED.attempts || Number(bytes) > MAX_MOVED.bytes,
    );
  });
}

/**
 * Takes the day's partitions away. What stays moves to the default ones, where every statement finds it as before.
 *
 * Table by table, each in a transaction of its own: deliveries first, which say what stays of the others. In between, and
 * after a crash, an event and its deliveries may lie one in the day's partition and one in the default one; statements do
 * not see where.
 *
 * @returns false when there is too much to move by now: then nothing was done.
 * @throws TableInUse; the next round goes on with the tables that are left.
 */
export async function dropDay(knex: Knex, { day, tables, retentionDays }: PastDay & RetentionOf): Promise<boolean> {
  for (const table of PARTITIONED_TABLES) {
    if (!tables.includes(table)) continue;
    const isDone = await withWholeTable(knex, {
      table,
      async work(trx) {
        // Another round may have been here.
        if (!(await isPartition(trx, { table, day }))) return true;
        await trx.raw(BY_INDEX);
        return table === 'deliveries' ? dropDeliveries(trx, { day, retentionDays }) : dropRest(trx, { table, day });
      },
    });
    if (!isDone) return false;
  }
  return true;
}

async function dropDeliveries(trx: Knex.Transaction, of: RetentionOf & { day: string }): Promise<boolean> {
  const dated = partitionName('deliveries', of.day);
  const ids = await idsOf(trx.raw(`SELECT id FROM ${STAYING} AS stays`, staying(of)));
  if (ids.length > MAX_MOVED.deliveries) return false;
  await trx.raw('ALTER TABLE deliveries DETACH PARTITION ??', [dated]);
  await trx.raw(
    `WITH moved AS (DELETE FROM ?? WHERE id = ANY(?::uuid[]) RETURNING *) INSERT INTO deliveries SELECT * FROM moved`,
    [dated, ids],
  );
  // Counting what is left takes as long as the day is large: done afterwards (uncounted.ts).
  await trx.raw('ALTER TABLE ?? INHERIT deliveries_uncounted', [dated]);
  return true;
}

async function dropRest(
  trx: Knex.Transaction,
  { table, day }: { table: 'events' | 'attempts'; day: string },
): Promise<boolean> {
  const dated = partitionName(table, day);
  const stays = 'FROM deliveries WHERE day = ? AND id >= ? AND id < ?';
  const ids = await idsOf(
    table === 'attempts'
      ? trx.raw(`SELECT id ${stays}`, [day, ...idsOn(day)])
      : trx.raw(`SELECT event_id AS id ${stays} UNION SELECT id FROM ?? WHERE ${UNFINISHED}`, [
          ...[day, ...idsOn(day)],
          dated,
        ]),
  );
  await trx.raw('ALTER TABLE ?? DETACH PARTITION ??', [table, dated]);
  await trx.raw('INSERT INTO ?? SELECT * FROM ?? WHERE ?? = ANY(?::uuid[])', [
    ...[table, dated, table === 'attempts' ? 'delivery_id' : 'id'],
    ids,
  ]);
  await trx.raw('DROP TABLE ??', [dated]);
  return true;
}

async function isPartition(
  trx: Knex.Transaction,
  { table, day }: { table: PartitionedTable; day: string },
): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    'SELECT FROM pg_inherits WHERE inhparent = ?::regclass AND inhrelid = to_regclass(?)',
    [table, partitionName(table, day)],
  );
  return rows.length > 0;
}

async function idsOf(query: Knex.Raw<{ rows: { id: string }[] }>): Promise<string[]> {
  const { rows } = await query;
  return rows.map(({ id }) => id);
}

/** From the first id of a day up to the first of the next: the primary key finds them, the day alone would not. */
function idsOn(day: string): [string, string] {
  const start = new Date(`${day}T00:00:00Z`);
  const end = new Date(start);
  end.setUTCDate(end.getUTCDate() + 1);
  return [lowestIdAt(start), lowestIdAt(end)];
}
