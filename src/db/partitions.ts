import type { Knex } from 'knex';

/** Accepting must go on for two weeks even if no process makes partitions. */
const DAYS_AHEAD = 14;
export const PARTITIONED_TABLES = ['events', 'deliveries', 'attempts'] as const;

/** Makes today's partitions (UTC, database clock) and those of the next 14 days; yesterday's too, for what began before midnight. */
export async function ensurePartitions(knex: Knex): Promise<void> {
  await knex.transaction(async (trx) => {
    await trx.raw("SELECT pg_advisory_xact_lock(hashtext('postrider.partitions'))");
    const missing = await trx.raw<{ rows: { name: string; parent: string; from: string; to: string }[] }>(
      `SELECT parent || to_char(day, '"_"YYYYMMDD') AS name, parent, day::date::text AS "from", (day::date + 1)::text AS "to"
       FROM unnest(?::text[]) AS parent,
            generate_series((now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + ?::int, '1 day') AS day
       WHERE to_regclass(parent || to_char(day, '"_"YYYYMMDD')) IS NULL`,
      [[...PARTITIONED_TABLES], DAYS_AHEAD],
    );
    for (const { name, parent, from, to } of missing.rows) {
      await trx.raw(`CREATE TABLE ?? PARTITION OF ?? FOR VALUES FROM ('${from}') TO ('${to}')`, [name, parent]);
    }
  });
}
