import type { Knex } from 'knex';

/**
 * Why an attempt is no acknowledgement, as a word of a closed vocabulary: Temporal and the log show that, and `error`,
 * which may quote the receiver, is for the subscriber. NULL in what was recorded before. The table and its partitions are
 * locked for the moment that the catalogue is changed; no row is rewritten.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE attempts ADD COLUMN fault text');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE attempts DROP COLUMN fault');
}
