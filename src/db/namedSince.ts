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
  const row = await knex('knex_migrations')
    .where({ name: MIGRATION })
    .where('batch', '>', 1)
    .first<{ migration_time: Date } | undefined>('migration_time');
  return row ? row.migration_time.getTime() + BESIDE_MS : 0;
}
