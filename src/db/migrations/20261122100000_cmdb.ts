import type { Knex } from 'knex';

/** What the CMDB's subscriptions have beside those of every interface (cmdb.md). */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE cmdb_subscriptions (
      -- The subscription_id of the wire.
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      subscription_id uuid NOT NULL UNIQUE REFERENCES subscriptions,
      tenant_id text NOT NULL REFERENCES tenants,
      app_id text NOT NULL,
      biz_id bigint NOT NULL,
      name text NOT NULL,
      system_name text NOT NULL,
      confirm_mode text NOT NULL CHECK (confirm_mode IN ('httpstatus', 'regular')),
      confirm_pattern text NOT NULL,
      -- Who changed it last, and when.
      operator text NOT NULL,
      changed_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (tenant_id, biz_id, name)
    );
  `);
}

export async function down(): Promise<void> {
  throw new Error('the migration cannot be taken back: it would lose what has been subscribed');
}
