import type { Knex } from 'knex';
import type { MigrationHead } from '../migrating/migration';

/**
 * Which processes share each subscription's `maxInFlight`, and who has taken notice (docs/decisions/0031-max-in-flight.md).
 * Locks `processes` for the moment that the catalogue is changed; no row is rewritten, the other tables are new. The
 * release before runs on it: it neither reads nor writes these, and its rows (`epoch` NULL) count as processes that have
 * taken notice.
 */
export const head: MigrationHead = {
  locks: [{ table: 'processes', mode: 'ACCESS EXCLUSIVE', lasts: 'a moment: heartbeats wait, publishes do not' }],
  runsFrom: '20261123060000_inlined_ids',
};

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    ALTER TABLE processes
      -- The latest membership that the process keeps to.
      ADD COLUMN epoch bigint,
      -- Subscriptions that still have more of its calls under way than that membership gives it.
      ADD COLUMN over uuid[];

    CREATE TABLE in_flight_membership (
      is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
      epoch bigint NOT NULL,
      -- Sorted.
      members uuid[] NOT NULL
    );
    INSERT INTO in_flight_membership (epoch, members) VALUES (0, '{}');

    -- Where a subscription's maxInFlight is less than the processes: who may make its calls.
    CREATE TABLE call_slots (
      subscription_id uuid NOT NULL,
      slot int NOT NULL,
      process_id uuid NOT NULL,
      -- Another process waits for it.
      wanted boolean NOT NULL DEFAULT false,
      PRIMARY KEY (subscription_id, slot)
    );
  `);
}
