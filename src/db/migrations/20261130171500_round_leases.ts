import type { Knex } from 'knex';

/**
 * Workers take turns at rounds of reconcile and retention by a lease in `maintenance`, instead of by Schedules in Temporal. Locks
 * that table of two rows for some milliseconds. The release before names its columns and goes on as it did.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE maintenance
      -- No round begins before. While one is under way it is the end of its lease.
      ADD COLUMN next_round_at timestamptz NOT NULL DEFAULT now(),
      -- The process whose round is under way.
      ADD COLUMN holder uuid`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE maintenance DROP COLUMN next_round_at, DROP COLUMN holder');
}
