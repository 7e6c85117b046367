import type { Knex } from 'knex';
import type { TableLock } from './migration';

/**
 * Tables that migrations lock beside the traffic, in the order in which they do at first: that of an accept, which every
 * publish waits for. Other statements, and those of other releases, take some of them the other way round. So a migration
 * gives up long before PostgreSQL looks for a deadlock (`deadlock_timeout`, 1 s), and tries another order.
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
  'maintenance',
  'audit',
] as const;
export type LockedTable = (typeof LOCK_ORDER)[number];

/** Whatever comes after us waits behind us: a publish, for this long and for the moment that the change takes. */
const OTHERS_WAIT_MS = 500;
/** Here nobody waits behind us. Longer than `deadlock_timeout`, after which PostgreSQL cancels an autovacuum in our way. */
const QUIET_WAIT_MS = 2000;

/** What a migration locks, in the order of its next try. */
export class LockOrder {
  private locks: readonly TableLock[];

  constructor(locks: readonly TableLock[]) {
    this.locks = [...locks].sort((a, b) => LOCK_ORDER.indexOf(a.table) - LOCK_ORDER.indexOf(b.table));
  }

  get tables(): LockedTable[] {
    return this.locks.map(({ table }) => table);
  }

  /**
   * Takes the locks, as the first thing in a transaction. First in a mode that lets reads and writes pass and keeps
   * maintenance out: other changes of the schema, ANALYZE, and autovacuum, which would hold a large table for minutes. Then
   * in the mode that the change needs.
   *
   * A table that did not come in time is the first of the next try: under load there is always somebody who has it and
   * waits for one that we took before it.
   *
   * @param only of a partitioned table: not its partitions.
   * @throws with 55P03, 40P01 or 57014 when somebody holds a table for longer.
   */
  async take(trx: Knex.Transaction, { only = false } = {}): Promise<void> {
    if (this.locks.length === 0) return;
    const inFull = (names: string[]) => names.map((name) => `${only ? 'ONLY ' : ''}${name}`).join(', ');
    await trx.raw(`${atMost(QUIET_WAIT_MS)}; LOCK TABLE ${inFull(this.tables)} IN SHARE UPDATE EXCLUSIVE MODE`);
    const deadlineMs = performance.now() + OTHERS_WAIT_MS;
    for (const [index, lock] of this.locks.entries()) {
      const isLast = index === this.locks.length - 1;
      const steps = [
        atMost(Math.max(1, Math.round(deadlineMs - performance.now()))),
        `LOCK TABLE ${inFull([lock.table])} IN ${lock.mode} MODE`,
        // The change itself is not bounded: its head says how long it takes. What it locks beside, it waits for as briefly.
        ...(isLast ? [atMost(OTHERS_WAIT_MS), 'SET LOCAL statement_timeout = 0'] : []),
      ];
      // In one message: others wait for each turn of this process, which has little CPU while it starts.
      await trx.raw(steps.join('; ')).catch((error: unknown) => {
        this.locks = [lock, ...this.locks.filter((other) => other !== lock)];
        throw error;
      });
    }
  }
}

/** A lock of a partitioned table is one for each partition: hence the bound of the whole statement. */
function atMost(ms: number): string {
  return `SET LOCAL statement_timeout = ${ms}; SET LOCAL lock_timeout = ${ms}`;
}
