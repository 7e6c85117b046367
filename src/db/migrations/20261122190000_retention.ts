import type { Knex } from 'knex';
import type { BesideIndex, MigrationHead } from '../migrating/migration';

/** What retention asks of a day without reading all of it: two indexes of `deliveries` that few of its rows are in. */
export const head: MigrationHead = {
  locks: [{ table: 'deliveries', mode: 'ACCESS EXCLUSIVE', lasts: 'a moment: only the catalogue changes' }],
  runsFrom: '20261122130000_fan_out',
};

export const indexes: BesideIndex[] = [
  // What finished later than on its event's day: all that a day past its retention may still have to keep, beside what is pending.
  {
    name: 'deliveries_finished_later',
    table: 'deliveries',
    on: "(finished_at) WHERE finished_at AT TIME ZONE 'UTC' >= day + 1",
  },
  // Also by their event alone: an event stays while a copy of one of its deliveries does.
  {
    name: 'deliveries_replayed',
    table: 'deliveries',
    on: '(event_id, replay_of) WHERE replay_of IS NOT NULL',
  },
];

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    DROP INDEX deliveries_replayed;

    -- The parent of days that were dropped and are not in dropped_deliveries yet; their tables go when they are.
    CREATE TABLE deliveries_uncounted (
      subscription_id uuid NOT NULL,
      state text NOT NULL
    );
  `);
}
