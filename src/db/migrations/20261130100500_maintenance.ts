import type { Knex } from 'knex';
import type { MigrationHead } from '../migrating/migration';

/**
 * What the safety nets say of themselves, for every process to read. New tables only, so nothing is locked, and the
 * release before goes on as it did.
 */
export const head: MigrationHead = {
  locks: [],
  runsFrom: '20261123060000_inlined_ids',
};

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    -- When a round of a schedule succeeded last, also one that found nothing. A new installation has its grace.
    CREATE TABLE maintenance (
      name text PRIMARY KEY,
      succeeded_at timestamptz NOT NULL DEFAULT now()
    );
    INSERT INTO maintenance (name) VALUES ('reconcile'), ('retention');

    -- Each time that PostgreSQL's clock was found to have gone back, and how far reconcile is with what waits by it.
    CREATE TABLE clock_setbacks (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      found_at timestamptz NOT NULL DEFAULT now(),
      -- At least so far: processes write the time every few seconds.
      back_ms bigint NOT NULL,
      lanes_done boolean NOT NULL DEFAULT false,
      -- The last delivery that was looked at, in the order of deliveries_waiting.
      subscription_id uuid,
      delivery_id uuid,
      done_at timestamptz
    );
    CREATE INDEX clock_setbacks_open ON clock_setbacks (id) WHERE done_at IS NULL;
  `);
}
