import type { Knex } from 'knex';
import type { BesideIndex, MigrationHead } from '../migrating/migration';

/**
 * What the CMDB's subscriptions have beside those of every interface (cmdb.md), and how many deliveries there were.
 * New tables, and an index of `deliveries` that few of its rows are in.
 */
export const head: MigrationHead = {
  locks: [
    {
      table: 'subscriptions',
      mode: 'SHARE ROW EXCLUSIVE',
      lasts: 'a moment: only the catalogue changes; changes of subscriptions wait',
    },
    { table: 'tenants', mode: 'SHARE ROW EXCLUSIVE', lasts: 'a moment: only the catalogue changes' },
  ],
  runsFrom: '20261122000000_frame',
};

export const indexes: BesideIndex[] = [
  {
    name: 'deliveries_failed_of',
    table: 'deliveries',
    on: "(subscription_id) WHERE state = 'failed'",
  },
];

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    -- Of living subscriptions; how an answer is confirmed is in their interface_data, where the callback format finds it.
    CREATE TABLE cmdb_subscriptions (
      -- The subscription_id of the wire.
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      subscription_id uuid NOT NULL UNIQUE REFERENCES subscriptions,
      tenant_id text NOT NULL REFERENCES tenants,
      biz_id bigint NOT NULL,
      name text NOT NULL,
      system_name text NOT NULL,
      -- As it was given, perhaps without a scheme.
      callback_url text NOT NULL,
      -- Who changed it last, and when.
      operator text NOT NULL,
      changed_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT cmdb_subscriptions_name UNIQUE (tenant_id, biz_id, name)
    );

    -- Finished deliveries that retention has dropped: with those that are still there, all that there ever were.
    CREATE TABLE dropped_deliveries (
      subscription_id uuid PRIMARY KEY,
      finished bigint NOT NULL,
      failed bigint NOT NULL
    );
  `);
}
