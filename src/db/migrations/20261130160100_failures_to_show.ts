import type { Knex } from 'knex';
import type { MigrationHead } from '../migrating/migration';

/**
 * Failed deliveries that are not yet seen as Failed in Temporal. A new table only, so nothing is locked; the release before
 * does not know it, and what fails there shows as it did.
 */
export const head: MigrationHead = {
  locks: [],
  runsFrom: '20261123060000_inlined_ids',
};

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    CREATE TABLE failures_to_show (
      delivery_id uuid PRIMARY KEY,
      day date NOT NULL,
      -- By then a workflow has shown it, or reconcile starts one.
      due_by timestamptz NOT NULL
    );
    CREATE INDEX failures_to_show_due ON failures_to_show (due_by);
  `);
}
