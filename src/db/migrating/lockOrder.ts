import type { Knex } from 'knex';
import type { TableLock } from './migration';

/**
 * Tables that migrations lock beside the traffic, in the one order in which they do: that of an accept, which every publish
 * waits for. Other statements take some of them the other way round (a claim reads a delivery before its event), so a
 * migration also gives up long before PostgreSQL looks for a deadlock (`deadlock_timeout`, 1 s).
 */
export const LOCK_ORDER = [
  'tenants',
  'apps',
  'keys',
  'subscription_selectors',
  'subscriptions',
  'idempotency_keys',
  'events',
  'lanes',
  'deliveries',
  'attempts',
  'cancellations',
  'processes',
  'audit',
] as const;
export type LockedTable = (typeof LOCK_ORDER)[number];

/** Whatever comes after us waits behind us: a publish, for this long and for the moment that the change takes. */
const OTHERS_WAIT_MS = 500;
/** Here nobody waits behind us. Longer than `deadlock_timeout`, after which PostgreSQL cancels an autovacuum in our way. */
const QUIET_WAIT_MS = 2000;

/**
 * Locks the tables of a migration's head, as the first thing in its transaction.
 *
 * First in a mode that lets reads and writes pass and keeps maintenance out: other changes of the schema, ANALYZE, and
 * autovacuum, which would hold a large table for minutes. Then in the mode that the change needs.
 *
 * @throws with 55P03, 40P01 or 57014 when somebody holds a table for longer.
 */
export async function lockTables(trx: Knex.Transaction, locks: readonly TableLock[], { only = false } = {}) {
  if (locks.length === 0) return;
  const sorted = [...locks].sort((a, b) => LOCK_ORDER.indexOf(a.table) - LOCK_ORDER.indexOf(b.table));
  const inFull = (names: string[]) => names.map((name) => `${only ? 'ONLY ' : ''}${name}`).join(', ');
  await waitAtMost(trx, QUIET_WAIT_MS);
  await trx.raw(`LOCK TABLE ${inFull(sorted.map(({ table }) => table))} IN SHARE UPDATE EXCLUSIVE MODE`);
  const deadlineMs = performance.now() + OTHERS_WAIT_MS;
  for (const { table, mode } of sorted) {
    await waitAtMost(trx, Math.max(1, Math.round(deadlineMs - performance.now())));
    await trx.raw(`LOCK TABLE ${inFull([table])} IN ${mode} MODE`);
  }
  // The change itself is not bounded: its head says how long it takes. What it locks beside, it waits for as briefly.
  await trx.raw("SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', ?, true)", [
    String(OTHERS_WAIT_MS),
  ]);
}

/** A lock of a partitioned table is one for each partition: hence the bound of the whole statement. */
async function waitAtMost(trx: Knex.Transaction, ms: number): Promise<void> {
  await trx.raw("SELECT set_config('statement_timeout', ?, true), set_config('lock_timeout', ?, true)", [
    String(ms),
    String(ms),
  ]);
}
