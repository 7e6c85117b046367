import type { Knex } from 'knex';
import type { MigrationHead } from '../migrating/migration';

/**
 * An audit record keeps the request id that its caller sent (`X-Request-Id`), which need not be a UUID. PostgreSQL writes the
 * table and its indexes anew and locks `audit` meanwhile, so changes over the API wait: some seconds for a million records.
 * Publishing and delivering do not write it. The release before writes UUIDs, which become text on their way in.
 */
export const head: MigrationHead = {
  locks: [
    {
      table: 'audit',
      mode: 'ACCESS EXCLUSIVE',
      lasts: 'some seconds for a million records: changes over the API wait, publishes do not',
    },
  ],
  runsFrom: '20261123060000_inlined_ids',
};

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw('ALTER TABLE audit ALTER COLUMN request_id TYPE text');
}
