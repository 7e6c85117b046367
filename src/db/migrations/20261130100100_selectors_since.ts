import type { Knex } from 'knex';

/**
 * Since when a selector matches: an event that was accepted before it is none of the subscription's, though its fan-out
 * may still be under way. Rows of before have none and count from their subscription's own beginning; the default is
 * also what the release before this one writes. Adding the column locks `subscription_selectors` exclusively for a
 * moment (no rewrite): publishes wait for that.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE subscription_selectors ADD COLUMN since timestamptz');
  await knex.raw('ALTER TABLE subscription_selectors ALTER COLUMN since SET DEFAULT clock_timestamp()');
}

export async function down(): Promise<void> {
  throw new Error('the migration cannot be taken back: events would reach subscriptions that began after them');
}
