import type { Knex } from 'knex';

/**
 * Events that match more than is written at once. The columns take no rewrite; `events_unfinished` reads the events there
 * are, and nothing is accepted meanwhile (it is empty, and stays almost so).
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Id of the subscription that was written last; NULL: every match has its delivery.
    ALTER TABLE events ADD COLUMN fan_out_after uuid;
    CREATE INDEX events_unfinished ON events (id) WHERE fan_out_after IS NOT NULL;

    -- What is ordered is written with the event, however many others match: found without reading those.
    ALTER TABLE subscription_selectors ADD COLUMN ordered boolean NOT NULL DEFAULT false;
    UPDATE subscription_selectors x SET ordered = true FROM subscriptions s WHERE s.id = x.subscription_id AND s.ordered;
    CREATE INDEX subscription_selectors_ordered ON subscription_selectors (tenant_id, selector, subscription_id)
      WHERE ordered;

    -- Called by the accept statement of a group that is too large for it. 22: for what it holds, so it is tried one by one.
    CREATE FUNCTION refuse_large_fan_out() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
      RAISE EXCEPTION 'more matches than are written at once' USING ERRCODE = '22F01';
    END
    $$;
  `);
}

export async function down(): Promise<void> {
  throw new Error('the migration cannot be taken back: it would lose deliveries that are to be written');
}
