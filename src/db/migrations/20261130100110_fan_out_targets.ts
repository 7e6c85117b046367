import type { Knex } from 'knex';
import type { BesideIndex, MigrationHead } from '../migrating/migration';

/**
 * Events that name more targets than are written at once: how many of their targets have their pages of recipients. The
 * column takes no rewrite and locks `events` for a moment. The release before this one neither writes nor reads the column: it leaves such an
 * event to the next round of reconcile of this one.
 */
export const head: MigrationHead = {
  locks: [{ table: 'events', mode: 'ACCESS EXCLUSIVE', lasts: 'a moment: only the catalogue changes' }],
  runsFrom: '20261123060000_inlined_ids',
};

export const indexes: BesideIndex[] = [
  {
    name: 'events_unfinished_targets',
    table: 'events',
    on: '(id) WHERE fan_out_targets IS NOT NULL',
  },
];

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw('ALTER TABLE events ADD COLUMN fan_out_targets integer');
}
