import type { Knex } from 'knex';
import type { MigrationHead } from '../migrating/migration';

/**
 * What was steered lately, one row an act, for the processes that make attempts (docs/decisions/0016-steering.md). A new
 * table only, so nothing is locked. The release before neither writes nor reads it: what it answers is obeyed elsewhere
 * as late as it was before.
 */
export const head: MigrationHead = {
  locks: [],
  runsFrom: '20261123060000_inlined_ids',
};

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    CREATE TABLE steerings (
      id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      -- Readers go by the transactions that they have not seen ended: ids and times are given before the commit.
      xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
      subscription_id uuid,
      -- Without a subscription: every one of this app.
      tenant_id text,
      app_id text,
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CHECK ((subscription_id IS NULL) = (tenant_id IS NOT NULL AND app_id IS NOT NULL))
    );
    CREATE INDEX steerings_by_xid ON steerings (xid);
  `);
}
