import type { Knex } from 'knex';
import type { BesideIndex, MigrationHead } from '../migrating/migration';

/**
 * Events that match more than is written at once. The columns take no rewrite. A program of before would register ordered
 * subscriptions as if they were not.
 */
export const head: MigrationHead = {
  locks: [
    {
      table: 'subscription_selectors',
      mode: 'ACCESS EXCLUSIVE',
      lasts: 'as long as writing the rows of ordered subscriptions takes',
    },
    { table: 'events', mode: 'ACCESS EXCLUSIVE', lasts: 'a moment: only the catalogue changes' },
  ],
  runsFrom: '20261122130000_fan_out',
};

export const indexes: BesideIndex[] = [
  // It is empty, and stays almost so.
  {
    name: 'events_unfinished',
    table: 'events',
    on: '(id) WHERE fan_out_after IS NOT NULL',
  },
  {
    name: 'subscription_selectors_ordered',
    table: 'subscription_selectors',
    on: '(tenant_id, selector, subscription_id) WHERE ordered',
  },
];

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    -- Id of the subscription that was written last; NULL: every match has its delivery.
    ALTER TABLE events ADD COLUMN fan_out_after uuid;

    -- What is ordered is written with the event, however many others match: found without reading those.
    ALTER TABLE subscription_selectors ADD COLUMN ordered boolean NOT NULL DEFAULT false;
    UPDATE subscription_selectors x SET ordered = true FROM subscriptions s WHERE s.id = x.subscription_id AND s.ordered;

    -- Called by the accept statement of a group that is too large for it. 22: for what it holds, so it is tried one by one.
    CREATE FUNCTION refuse_large_fan_out() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
      RAISE EXCEPTION 'more matches than are written at once' USING ERRCODE = '22F01';
    END
    $$;
  `);
}
