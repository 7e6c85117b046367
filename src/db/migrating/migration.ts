import type { Knex } from 'knex';
import type { LockedTable } from './lockOrder';

/**
 * What a migration does to an installation that works meanwhile. The migrator acts on it, and tests hold it against what
 * the migration really does.
 */
export interface MigrationHead {
  /** Tables of before that it locks so that some of the traffic waits. The migrator takes these locks first, in one order. */
  locks: readonly TableLock[];
  /**
   * The oldest program that still works on the result, by the newest migration that it knows: the release before, as a
   * rule (expand now, contract a release later). An older program refuses to start.
   */
  runsFrom: string;
}

export interface TableLock {
  table: LockedTable;
  /** SHARE keeps writers out, ACCESS EXCLUSIVE everybody. */
  mode: 'SHARE' | 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE';
  /** How long, and what waits for it. */
  lasts: string;
}

/** An index of a table that may be large and in use. Of a partitioned table each partition gets it by itself. */
export interface BesideIndex {
  /** Begins with the table's name where that is partitioned. */
  name: string;
  table: LockedTable;
  /** What follows the table's name in CREATE INDEX. */
  on: string;
  isUnique?: boolean;
}

export interface Migration {
  /** Its time and its subject; unique, and never changed once it was released. */
  name: string;
  head: MigrationHead;
  /** One transaction, in which the tables of its head are locked already. */
  up?(trx: Knex.Transaction): Promise<void>;
  /** Built after that, beside the traffic (CREATE INDEX CONCURRENTLY). */
  indexes?: readonly BesideIndex[];
}
