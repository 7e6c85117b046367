import type { Knex } from 'knex';

/**
 * What retention asks of a day without reading all of it. Two indexes of `deliveries` that few of its rows are in are
 * built; nothing is accepted meanwhile.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- What finished later than on its event's day: all that a day past its retention may still have to keep, beside what is pending.
    CREATE INDEX deliveries_finished_later ON deliveries (finished_at)
      WHERE finished_at AT TIME ZONE 'UTC' >= day + 1;

    -- Also by their event alone: an event stays while a copy of one of its deliveries does.
    DROP INDEX deliveries_replayed;
    CREATE INDEX deliveries_replayed ON deliveries (event_id, replay_of) WHERE replay_of IS NOT NULL;

    -- The parent of days that were dropped and are not in dropped_deliveries yet; their tables go when they are.
    CREATE TABLE deliveries_uncounted (
      subscription_id uuid NOT NULL,
      state text NOT NULL
    );
  `);
}

export async function down(): Promise<void> {
  throw new Error('the migration cannot be taken back: it would lose what was counted');
}
