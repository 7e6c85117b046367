import type { Knex } from 'knex';
import { hasSqlState } from '../violations';
import { LockOrder } from './lockOrder';
import type { BesideIndex } from './migration';
import { tryAgain } from './tries';

/**
 * Builds an index beside the traffic. What an earlier try has left unfinished is begun anew.
 *
 * PostgreSQL cannot build one of a partitioned table so. There each partition's is built by itself and attached to the
 * parent's, which counts when all are.
 */
export async function buildIndex(knex: Knex, index: BesideIndex): Promise<void> {
  const again = <T>(work: () => Promise<T>) => tryAgain(knex, { what: index.name, tables: [index.table], work });
  if (!(await isPartitioned(knex, index.table))) {
    await again(() => buildOne(knex, index));
    return;
  }
  await again(() => makeParent(knex, index));
  // Partitions that are made meanwhile bring theirs; those that are dropped need none.
  for (let next = await nextPartition(knex, index); next; next = await nextPartition(knex, index)) {
    const { partition } = next;
    const name = `${partition}${index.name.slice(index.table.length)}`;
    try {
      await again(() => buildOne(knex, { ...index, table: partition, name }));
      await again(() => attach(knex, { parent: index.name, name }));
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}

async function isPartitioned(knex: Knex, table: string): Promise<boolean> {
  const { rows } = await knex.raw("SELECT FROM pg_class WHERE oid = to_regclass(?) AND relkind = 'p'", [table]);
  return rows.length > 0;
}

async function buildOne(knex: Knex, index: { name: string; table: string; on: string; isUnique?: boolean }) {
  const { rows } = await knex.raw<{ rows: { indisvalid: boolean }[] }>(
    'SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(?)',
    [index.name],
  );
  if (rows[0]?.indisvalid === true) return;
  if (rows[0]) await knex.raw('DROP INDEX CONCURRENTLY ??', [index.name]);
  await knex.raw(`CREATE ${index.isUnique ? 'UNIQUE ' : ''}INDEX CONCURRENTLY ?? ON ?? ${index.on}`, [
    index.name,
    index.table,
  ]);
}

async function makeParent(knex: Knex, { name, table, on, isUnique }: BesideIndex): Promise<void> {
  const order = new LockOrder([{ table, mode: 'SHARE', lasts: 'a moment: only the catalogue changes' }]);
  await knex.transaction(async (trx) => {
    const { rows } = await trx.raw('SELECT WHERE to_regclass(?) IS NOT NULL', [name]);
    if (rows.length > 0) return;
    await order.take(trx, { only: true });
    await trx.raw(`CREATE ${isUnique ? 'UNIQUE ' : ''}INDEX ?? ON ONLY ?? ${on}`, [name, table]);
  });
}

/** A partition without its part of the index. */
async function nextPartition(knex: Knex, { name, table }: BesideIndex): Promise<{ partition: string } | undefined> {
  const { rows } = await knex.raw<{ rows: { partition: string }[] }>(
    `SELECT c.relname AS partition FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = to_regclass(?) AND NOT i.inhdetachpending AND NOT EXISTS (
       SELECT FROM pg_inherits p JOIN pg_index x ON x.indexrelid = p.inhrelid
       WHERE p.inhparent = to_regclass(?) AND x.indrelid = c.oid)
     ORDER BY 1 LIMIT 1`,
    [table, name],
  );
  return rows[0];
}

/** Retention has dropped the partition meanwhile. */
function isGone(error: unknown): boolean {
  return hasSqlState(error, '42P01');
}

async function attach(knex: Knex, { parent, name }: { parent: string; name: string }): Promise<void> {
  await knex.transaction(async (trx) => {
    await trx.raw("SET LOCAL lock_timeout = '500ms'");
    await trx.raw('ALTER INDEX ?? ATTACH PARTITION ??', [parent, name]);
  });
}
