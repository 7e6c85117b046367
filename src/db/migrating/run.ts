import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { openBooks, readApplied, writeBegun, writeDone } from './books';
import { buildIndex } from './buildIndex';
import { LockOrder } from './lockOrder';
import type { Migration } from './migration';
import { tryAgain } from './tries';

/** Releases before take the same lock, for the transaction in which they run all of theirs. */
const LOCK_KEY = "hashtext('postrider.migrate')";
const LOOK_EVERY_MS = 250;

/** What is not done yet, in its order. */
export async function pendingMigrations(knex: Knex, migrations: readonly Migration[]): Promise<Migration[]> {
  const done = new Set((await readApplied(knex)).filter(({ isDone }) => isDone).map(({ name }) => name));
  return migrations.filter(({ name }) => !done.has(name));
}

/**
 * Runs what is pending, each migration in a transaction of its own. One process does; others wait until nothing is pending.
 *
 * The lock belongs to a connection, so it ends with its process, however that ends. It is asked for again and again instead
 * of being waited for: who waits in a statement holds a snapshot, and CREATE INDEX CONCURRENTLY waits for all of those.
 *
 * @param knex with two connections: one holds the lock.
 * @throws MigrationBlocked
 */
export async function runPending(
  knex: Knex,
  input: { migrations: readonly Migration[]; release: string; onRun(name: string): void },
) {
  const { migrations } = input;
  while ((await pendingMigrations(knex, migrations)).length > 0) {
    const unlock = await tryLock(knex);
    if (unlock) {
      try {
        await runAll(knex, input);
      } finally {
        await unlock();
      }
      return;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

async function runAll(
  knex: Knex,
  { migrations, release, onRun }: { migrations: readonly Migration[]; release: string; onRun(name: string): void },
): Promise<void> {
  const batch = await openBooks(knex);
  for (const migration of await pendingMigrations(knex, migrations)) {
    const { name, head, up, indexes = [] } = migration;
    onRun(name);
    const order = new LockOrder(head.locks);
    await tryAgain(knex, {
      what: name,
      tables: order.tables,
      work: () =>
        knex.transaction(async (trx) => {
          if (!(await writeBegun(trx, migration, { batch, release }))) return;
          await order.take(trx);
          await up?.(trx);
        }),
    });
    for (const index of indexes) await buildIndex(knex, index);
    await writeDone(knex, name);
  }
}

async function tryLock(knex: Knex): Promise<(() => Promise<void>) | null> {
  const connection = await knex.client.acquireConnection();
  const release = () => knex.client.releaseConnection(connection);
  try {
    const { rows } = await knex
      .raw<{ rows: { isLocked: boolean }[] }>(`SELECT pg_try_advisory_lock(${LOCK_KEY}) AS "isLocked"`)
      .connection(connection);
    if (rows[0]?.isLocked !== true) {
      await release();
      return null;
    }
  } catch (error) {
    await release();
    throw error;
  }
  return async () => {
    await knex.raw(`SELECT pg_advisory_unlock(${LOCK_KEY})`).connection(connection).finally(release);
  };
}
