import type { Knex } from 'knex';
import type { BesideIndex, MigrationHead } from '../migrating/migration';

/**
 * Portal users' own subscriptions, and the system's defaults (portal.md). The one index that is replaced is what an accept
 * finds duplicates by, so it is replaced in the transaction, and nothing is accepted while it is built. Programs of before write
 * no page numbers and name that index by its old columns: they do not work on the result.
 */
export const head: MigrationHead = {
  locks: [
    { table: 'tenants', mode: 'SHARE ROW EXCLUSIVE', lasts: 'a moment: only the catalogue changes' },
    { table: 'apps', mode: 'SHARE ROW EXCLUSIVE', lasts: 'a moment: only the catalogue changes' },
    { table: 'deliveries', mode: 'ACCESS EXCLUSIVE', lasts: 'as long as reading all deliveries takes: publishes wait' },
  ],
  runsFrom: '20261122120000_portal',
};

export const indexes: BesideIndex[] = [
  // Who is told of a system default.
  {
    name: 'keys_of_subjects',
    table: 'keys',
    on: '(tenant_id, app_id, subject) WHERE subject IS NOT NULL AND revoked_at IS NULL',
  },
  // Through which every message to an app's portal users goes.
  {
    name: 'subscriptions_of_portals',
    table: 'subscriptions',
    on: "(tenant_id, app_id) WHERE interface = 'portal' AND state <> 'deleted'",
    isUnique: true,
  },
];

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    CREATE TABLE portal_subscriptions (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      tenant_id text NOT NULL REFERENCES tenants,
      uuid text NOT NULL,
      -- The user and the app that its key belongs to; NULL of a system default.
      app_id text,
      subject text,
      target_type bigint NOT NULL,
      action text NOT NULL,
      target_id text NOT NULL,
      title text,
      -- 1 is on, 0 is off.
      status smallint NOT NULL DEFAULT 1 CHECK (status IN (0, 1)),
      -- Of a system default: whether it applies.
      enable smallint CHECK (enable IN (0, 1)),
      created_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT portal_subscriptions_uuid UNIQUE (uuid, tenant_id),
      FOREIGN KEY (tenant_id, app_id) REFERENCES apps,
      CHECK ((app_id IS NULL) = (subject IS NULL) AND (subject IS NULL) = (enable IS NOT NULL))
    );
    -- None begins with the tenant: while there are no statistics, any that did would seem as good as the right one.
    CREATE INDEX portal_subscriptions_by_target
      ON portal_subscriptions (target_id, action, target_type, tenant_id, subject);
    CREATE INDEX portal_subscriptions_by_owner ON portal_subscriptions (subject, app_id, tenant_id, id);

    -- For whom a portal delivery is: { action, targetId, recipients: [[subject, id of the portal subscription]] }.
    -- page_number: from 1 over all pages of one event; 0 where there are none.
    ALTER TABLE deliveries ADD COLUMN page jsonb, ADD COLUMN page_number integer NOT NULL DEFAULT 0;
    DROP INDEX deliveries_once;
    CREATE UNIQUE INDEX deliveries_once ON deliveries (event_id, subscription_id, page_number, day)
      WHERE replay_of IS NULL;
  `);
}
