import type { Knex } from 'knex';
import type { MigrationHead } from '../migrating/migration';

/**
 * Since when a selector matches: an event that was accepted before it is none of the subscription's, though its fan-out
 * may still be under way. Rows of before have none and count from their subscription's own beginning; the default is
 * also what the release before this one writes. Adding the column locks `subscription_selectors` exclusively for a
 * moment (no rewrite): publishes wait for that.
 */
export const head: MigrationHead = {
  locks: [{ table: 'subscription_selectors', mode: 'ACCESS EXCLUSIVE', lasts: 'a moment: only the catalogue changes' }],
  runsFrom: '20261123060000_inlined_ids',
};

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    ALTER TABLE subscription_selectors ADD COLUMN since timestamptz;
    ALTER TABLE subscription_selectors ALTER COLUMN since SET DEFAULT clock_timestamp();
  `);
}
