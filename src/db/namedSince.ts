import type { Knex } from 'knex';

/** Came with the release that names workflows by words. */
const MIGRATION = '20261130160100_failures_to_show';
/** Processes of the release before may go on for so long beside those of this one. */
const BESIDE_MS = 24 * 3_600_000;

/**
 * Deliveries accepted before this moment, in milliseconds since 1970, may have workflows that are not named by words; 0 for
 * a database that was made with such a release or a later one (all of its migrations are of the first batch).
 */
export async function readUnnamedBeforeMs(knex: Knex): Promise<number> {
  const { rows } = await knex.raw<{ rows: { at: Date }[] }>(
    `SELECT began_at AS at FROM schema_migrations WHERE name = ? AND batch > 1
     UNION ALL SELECT migration_time FROM knex_migrations WHERE name = ? AND batch > 1 ORDER BY 1 LIMIT 1`,
    [MIGRATION, MIGRATION],
  );
  return rows[0] ? rows[0].at.getTime() + BESIDE_MS : 0;
}
