import type { Knex } from 'knex';
import { withWholeTable } from './wholeTable';

/** Accepting must go on for two weeks even if no process makes partitions. */
const DAYS_AHEAD = 14;
export const PARTITIONED_TABLES = ['deliveries', 'events', 'attempts'] as const;
export type PartitionedTable = (typeof PARTITIONED_TABLES)[number];

/** A day's partition, by its "YYYY-MM-DD". */
export function partitionName(table: PartitionedTable, day: string): string {
  return `${table}_${day.replaceAll('-', '')}`;
}

/** Makes today's partitions (UTC, database clock) and those of the next 14 days; yesterday's too, for what began before midnight. */
export async function ensurePartitions(knex: Knex): Promise<void> {
  for (const table of PARTITIONED_TABLES) {
    const missing = await missingDays(knex, table);
    if (missing.length === 0) continue;
    await withWholeTable(knex, {
      table,
      async work(trx) {
        for (const { day, next } of missing) {
          await trx.raw(`CREATE TABLE IF NOT EXISTS ?? PARTITION OF ?? FOR VALUES FROM ('${day}') TO ('${next}')`, [
            partitionName(table, day),
            table,
          ]);
        }
      },
    });
  }
}

/** A day for which nobody made a partition in time has its rows in the default one, and no partition can be made for it any more. */
async function missingDays(knex: Knex, table: PartitionedTable): Promise<{ day: string; next: string }[]> {
  const { rows } = await knex.raw<{ rows: { day: string; next: string }[] }>(
    `SELECT day::text, (day + 1)::text AS next
     FROM (SELECT (now() AT TIME ZONE 'UTC')::date + ahead AS day FROM generate_series(-1, ?::int) AS ahead) d
     WHERE to_regclass(? || to_char(day, '"_"YYYYMMDD')) IS NULL AND NOT EXISTS (SELECT FROM ?? k WHERE k.day = d.day)
     ORDER BY day`,
    [DAYS_AHEAD, table, `${table}_kept`],
  );
  return rows;
}
