import { migrate } from '../../../src/db/migrate';
import { MIGRATIONS } from '../../../src/db/migrations';
import { type Schema, startSchema } from './migrateSetup';

jest.setTimeout(60_000);

let schema: Schema;
beforeAll(async () => {
  schema = await startSchema();
});
afterAll(() => schema.stop());

/** Modes that keep reads or writes out. PostgreSQL's names without spaces, as pg_locks spells them. */
const STRONG = ['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'];
const asPgLocks = (mode: string) =>
  `${mode
    .toLowerCase()
    .split(' ')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}Lock`;

/** Of each table of before, a partition counting as its parent, the strongest of those modes in which this transaction has it. */
const LOCKED = `
SELECT coalesce(parent.relname, c.relname)::text AS table,
       max(array_position(?::text[], l.mode)) - 1 AS strength
FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class parent ON parent.oid = i.inhparent
WHERE l.pid = pg_backend_pid() AND l.mode = ANY (?::text[]) AND c.relkind IN ('r', 'p') AND l.relation::bigint = ANY (?::bigint[])
GROUP BY 1 ORDER BY 1`;

test('each migration locks of the tables of before what its head says, and nothing more', async () => {
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index > 0) await migrate(schema.url, { migrations: MIGRATIONS.slice(0, index) });
    const before = await schema.query<{ oid: string }>(
      "SELECT oid::bigint AS oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
    );
    const trx = await schema.knex.transaction();
    await migration.up?.(trx);
    const { rows } = await trx.raw<{ rows: { table: string; strength: number }[] }>(LOCKED, [
      STRONG,
      STRONG,
      before.map(({ oid }) => oid),
    ]);
    await trx.rollback();
    const said = migration.head.locks.map(({ table, mode }) => `${table} ${asPgLocks(mode)}`).sort();
    const done = rows.map(({ table, strength }) => `${table} ${STRONG[strength]}`).sort();
    expect({ name: migration.name, locks: done }).toEqual({ name: migration.name, locks: said });
  }
});
