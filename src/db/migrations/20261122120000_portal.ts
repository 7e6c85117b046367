import type { Knex } from 'knex';

/** Portal users' own subscriptions, and the system's defaults (portal.md). */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
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

    -- Who is told of a system default.
    CREATE INDEX keys_of_subjects ON keys (tenant_id, app_id, subject) WHERE subject IS NOT NULL AND revoked_at IS NULL;

    -- Through which every message to an app's portal users goes.
    CREATE UNIQUE INDEX subscriptions_of_portals ON subscriptions (tenant_id, app_id)
      WHERE interface = 'portal' AND state <> 'deleted';

    -- For whom a portal delivery is: { action, targetId, recipients: [[subject, id of the portal subscription]] }.
    -- page_number: from 1 over all pages of one event; 0 where there are none.
    ALTER TABLE deliveries ADD COLUMN page jsonb, ADD COLUMN page_number integer NOT NULL DEFAULT 0;
    DROP INDEX deliveries_once;
    CREATE UNIQUE INDEX deliveries_once ON deliveries (event_id, subscription_id, page_number, day)
      WHERE replay_of IS NULL;
  `);
}

export async function down(): Promise<void> {
  throw new Error('the migration cannot be taken back: it would lose what has been subscribed');
}
