import type { Knex } from 'knex';
import type { Migration } from './migration';

/**
 * Which migrations a database has. `schema_migrations` is ours. Releases before it kept `knex_migrations` and refuse to
 * start when they find a name there that they do not know, so nothing is added to it any more: whatever release an
 * installation comes from can be started again on it.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS knex_migrations (
  id serial PRIMARY KEY,
  name varchar(255),
  batch integer,
  migration_time timestamptz
);
CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY,
  -- 1: the database was made with it.
  batch integer NOT NULL,
  -- Which program ran it.
  release text NOT NULL,
  -- The newest migration that the oldest program knows which still works on the result.
  runs_from text NOT NULL,
  began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- NULL while its indexes are built.
  done_at timestamptz
);`;

/** The newest that releases with `knex_migrations` know. A new database names them there too, so that those start on it. */
const NEWEST_OF_BEFORE = '20261130160800_first_answers';

export interface Applied {
  name: string;
  isDone: boolean;
  /** Both null where a release with `knex_migrations` ran it. */
  release: string | null;
  runsFrom: string | null;
}

/** Of a database without any table: none. */
export async function readApplied(knex: Knex): Promise<Applied[]> {
  const { rows: tables } = await knex.raw<{ rows: { knex: boolean; own: boolean }[] }>(
    "SELECT to_regclass('knex_migrations') IS NOT NULL AS knex, to_regclass('schema_migrations') IS NOT NULL AS own",
  );
  const own = tables[0]?.own
    ? await knex.raw<{ rows: Applied[] }>(
        `SELECT name, done_at IS NOT NULL AS "isDone", release, runs_from AS "runsFrom" FROM schema_migrations`,
      )
    : { rows: [] };
  const before = tables[0]?.knex
    ? await knex.raw<{ rows: { name: string }[] }>('SELECT name FROM knex_migrations')
    : { rows: [] };
  const known = new Set(own.rows.map(({ name }) => name));
  const others = before.rows.filter(({ name }) => !known.has(name));
  return [...own.rows, ...others.map(({ name }) => ({ name, isDone: true, release: null, runsFrom: null }))];
}

/** @returns the number of what is migrated now; 1 for a database that is new. */
export async function openBooks(knex: Knex): Promise<number> {
  await knex.raw(TABLES);
  const { rows } = await knex.raw<{ rows: { batch: number }[] }>(
    `SELECT coalesce(max(batch), 0) + 1 AS batch
     FROM (SELECT batch FROM schema_migrations UNION ALL SELECT batch FROM knex_migrations) b`,
  );
  return rows[0]?.batch ?? 1;
}

/** In the migration's own transaction. @returns false where it was run already. */
export async function writeBegun(
  trx: Knex.Transaction,
  { name, head, indexes = [] }: Migration,
  { batch, release }: { batch: number; release: string },
): Promise<boolean> {
  const { rows } = await trx.raw(
    `INSERT INTO schema_migrations (name, batch, release, runs_from, done_at)
     VALUES (?, ?, ?, ?, CASE WHEN ?::boolean THEN NULL ELSE clock_timestamp() END)
     ON CONFLICT (name) DO NOTHING RETURNING name`,
    [name, batch, release, head.runsFrom, indexes.length > 0],
  );
  if (rows.length > 0 && batch === 1 && name <= NEWEST_OF_BEFORE) {
    await trx.raw('INSERT INTO knex_migrations (name, batch, migration_time) VALUES (?, 1, clock_timestamp())', [name]);
  }
  return rows.length > 0;
}

export async function writeDone(knex: Knex, name: string): Promise<void> {
  await knex.raw('UPDATE schema_migrations SET done_at = clock_timestamp() WHERE name = ? AND done_at IS NULL', [name]);
}
