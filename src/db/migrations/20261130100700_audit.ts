import type { Knex } from 'knex';
import type { MigrationHead } from '../migrating/migration';

/**
 * Who changed what, one row a change, written in its transaction (docs/security.md). A new table only, so
 * nothing is locked. The release before does not write it: what it changes is not recorded.
 */
export const head: MigrationHead = {
  locks: [],
  runsFrom: '20261123060000_inlined_ids',
};

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    CREATE TABLE audit (
      id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      -- No foreign keys: a record outlives what it is about.
      key_id text NOT NULL,
      key_tenant_id text,
      tenant_id text,
      route text NOT NULL,
      request_id uuid,
      object_type text NOT NULL,
      object_id text NOT NULL,
      change jsonb
    );
    CREATE INDEX audit_by_time ON audit (at);
    CREATE INDEX audit_by_tenant ON audit (tenant_id, id);
  `);
}
