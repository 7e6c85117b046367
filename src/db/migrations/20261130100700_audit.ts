import type { Knex } from 'knex';

/**
 * Who changed what, one row a change, written in its transaction (docs/security.md). A new table only, so
 * nothing is locked. The release before does not write it: what it changes is not recorded.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
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

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE audit');
}
