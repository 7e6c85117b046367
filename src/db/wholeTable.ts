import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { hasSqlState } from './violations';

/** How long each try waits for the table. Whatever comes after it waits behind it, so the first tries are short. */
const TRIES_MS = [125, 250, 500, 1000, 2000];
/** Between two tries, for what has waited meanwhile. */
const PAUSE_MS = 1000;
/** Of each statement under the lock; with the longest wait, less than the others' lock timeout. */
const STATEMENT_TIMEOUT_MS = 3000;

/** At every try something was under way in the table that took longer than the try waits. */
export class TableInUse extends Error {
  constructor(table: string) {
    super(`table ${table} was in use at ${TRIES_MS.length} tries`);
  }
}

/**
 * Runs `work` in a transaction that has a partitioned table to itself: only so can its partitions change.
 *
 * One table at a time. Statements lock these tables in different orders (a claim deliveries first, an accept events), so who
 * held one and waited for another would be in a deadlock with them, and PostgreSQL might end them instead.
 *
 * @throws TableInUse, and then nothing was done.
 */
export async function withWholeTable<T>(
  knex: Knex,
  { table, work }: { table: string; work(trx: Knex.Transaction): Promise<T> },
): Promise<T> {
  for (const timeoutMs of TRIES_MS) {
    try {
      return await knex.transaction(async (trx) => {
        await trx.raw("SELECT set_config('lock_timeout', ?, true), set_config('statement_timeout', ?, true)", [
          String(timeoutMs),
          String(STATEMENT_TIMEOUT_MS),
        ]);
        await trx.raw("SELECT pg_advisory_xact_lock(hashtext('postrider.partitions'))");
        await trx.raw('LOCK TABLE ONLY ?? IN ACCESS EXCLUSIVE MODE', [table]);
        return work(trx);
      });
    } catch (error) {
      if (!isInTheWay(error)) throw error;
    }
    await sleep(PAUSE_MS);
  }
  throw new TableInUse(table);
}

/** lock_not_available; deadlock_detected, when somebody uses a partition by its own name. */
function isInTheWay(error: unknown): boolean {
  return hasSqlState(error, '55P03', '40P01');
}
