import type { Knex } from 'knex';
import type { MigrationHead } from '../migrating/migration';

/**
 * Why an attempt is no acknowledgement, as a word of a closed vocabulary: Temporal and the log show that, and `error`,
 * which may quote the receiver, is for the subscriber. NULL in what was recorded before. The table and its partitions are
 * locked for the moment that the catalogue is changed; no row is rewritten.
 */
export const head: MigrationHead = {
  locks: [{ table: 'attempts', mode: 'ACCESS EXCLUSIVE', lasts: 'a moment: only the catalogue changes' }],
  runsFrom: '20261123060000_inlined_ids',
};

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw('ALTER TABLE attempts ADD COLUMN fault text');
}
