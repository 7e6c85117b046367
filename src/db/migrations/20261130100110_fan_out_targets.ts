import type { Knex } from 'knex';

/**
 * Events that name more targets than are written at once: how many of their targets have their pages of recipients. The
 * column takes no rewrite and locks `events` for a moment; the index reads the events that exist, of which none has one,
 * and nothing is accepted meanwhile. The release before this one neither writes nor reads the column: it leaves such an
 * event to the next round of reconcile of this one.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE events ADD COLUMN fan_out_targets integer');
  await knex.raw('CREATE INDEX events_unfinished_targets ON events (id) WHERE fan_out_targets IS NOT NULL');
}

export async function down(): Promise<void> {
  throw new Error('the migration cannot be taken back: it would lose deliveries that are to be written');
}
