import type { Knex } from 'knex';
import type { MigrationHead } from '../migrating/migration';

/**
 * One row for each subscription, and for each grant, of which pending deliveries are cancelled as a whole: however often it is
 * changed, claims find one row by its key. New tables, and a trigger on `cancellations`, for which that table is locked
 * for a moment: deletions and changes of topics wait, accepting does not.
 *
 * The release before writes `cancellations`; the trigger brings that here. It does not read these tables, so for what is
 * cancelled by this release it waits until the rows are swept, seconds later. `cancellations` can go with a later release.
 */
export const head: MigrationHead = {
  locks: [
    {
      table: 'cancellations',
      mode: 'SHARE ROW EXCLUSIVE',
      lasts: 'a moment: only the catalogue changes; deletions and changes of topics wait',
    },
  ],
  runsFrom: '20261123060000_inlined_ids',
};

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    -- Covers the pending deliveries of a subscription that is deleted, and else those of names that it has no more.
    CREATE TABLE subscription_cancellations (
      subscription_id uuid PRIMARY KEY,
      -- Whose turn it is when this is swept.
      tenant_id text NOT NULL,
      -- Moves with every change that cancels something.
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      -- Name to time: names that it has again, of which what was accepted before that time is cancelled.
      readded jsonb NOT NULL DEFAULT '{}',
      -- When the sweep of its deliveries began, and the last one it looked at; NULL: it has none under way.
      pass_at timestamptz,
      swept_to uuid
    );

    -- Covers the pending deliveries that an app has of a tenant's events, but for those since that tenant's grant.
    CREATE TABLE grant_cancellations (
      tenant_id text NOT NULL,
      app_id text NOT NULL,
      event_tenant_id text NOT NULL,
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      pass_at timestamptz,
      swept_subscription uuid,
      swept_to uuid,
      PRIMARY KEY (tenant_id, app_id, event_tenant_id)
    );

    CREATE FUNCTION note_cancellations() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO subscription_cancellations (subscription_id, tenant_id)
      SELECT DISTINCT s.id, s.tenant_id FROM added a JOIN subscriptions s ON s.id = a.subscription_id
      WHERE a.event_tenant_id IS NULL ORDER BY s.id
      ON CONFLICT (subscription_id) DO UPDATE SET at = clock_timestamp(), pass_at = NULL, swept_to = NULL;
      INSERT INTO grant_cancellations (tenant_id, app_id, event_tenant_id)
      SELECT DISTINCT s.tenant_id, s.app_id, a.event_tenant_id
      FROM added a JOIN subscriptions s ON s.id = a.subscription_id WHERE a.event_tenant_id IS NOT NULL
      ON CONFLICT (tenant_id, app_id, event_tenant_id)
        DO UPDATE SET at = clock_timestamp(), pass_at = NULL, swept_subscription = NULL, swept_to = NULL;
      RETURN NULL;
    END
    $$;
    CREATE TRIGGER note_cancellations AFTER INSERT ON cancellations
      REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_cancellations();

    INSERT INTO subscription_cancellations (subscription_id, tenant_id)
    SELECT DISTINCT s.id, s.tenant_id FROM cancellations c JOIN subscriptions s ON s.id = c.subscription_id
    WHERE c.done_at IS NULL AND c.event_tenant_id IS NULL;
    INSERT INTO grant_cancellations (tenant_id, app_id, event_tenant_id)
    SELECT DISTINCT s.tenant_id, s.app_id, c.event_tenant_id
    FROM cancellations c JOIN subscriptions s ON s.id = c.subscription_id
    WHERE c.done_at IS NULL AND c.event_tenant_id IS NOT NULL;
  `);
}
