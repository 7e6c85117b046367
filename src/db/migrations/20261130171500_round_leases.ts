import type { Knex } from 'knex';
import type { MigrationHead } from '../migrating/migration';

/**
 * Workers take turns at rounds of reconcile and retention by a lease in `maintenance`, instead of by Schedules in Temporal. Locks
 * that table of two rows for some milliseconds. The release before names its columns and goes on as it did.
 */
export const head: MigrationHead = {
  locks: [
    {
      table: 'maintenance',
      mode: 'ACCESS EXCLUSIVE',
      lasts: 'a moment: rounds of reconcile and retention wait',
    },
  ],
  runsFrom: '20261123060000_inlined_ids',
};

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    ALTER TABLE maintenance
      -- No round begins before. While one is under way it is the end of its lease.
      ADD COLUMN next_round_at timestamptz NOT NULL DEFAULT now(),
      -- The process whose round is under way.
      ADD COLUMN holder uuid`);
}
