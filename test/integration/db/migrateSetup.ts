import type { Knex } from 'knex';
import { openKnexPool } from '../../../src/db/knexPool';
import { migrate } from '../../../src/db/migrate';
import type { Migration } from '../../../src/db/migrating/migration';
import { MIGRATIONS } from '../../../src/db/migrations';
import { waitFor } from '../../support/engine';
import { createTestDatabase } from '../../support/postgres';

/** Its newest migration is what releases before `schema_migrations` knew at first. */
export const OF_BEFORE = MIGRATIONS.slice(0, 7);

export interface Schema {
  url: string;
  knex: Knex;
  query<Row>(sql: string, values?: string[]): Promise<Row[]>;
  names(table: 'knex_migrations' | 'schema_migrations'): Promise<string[]>;
  /** Until somebody waits for, or has, a lock of the table in a mode that keeps writers out. */
  hasStrongLock(table: string, isGranted: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** A database without any table. */
export async function startSchema(): Promise<Schema> {
  const database = await createTestDatabase();
  const knex = openKnexPool({
    connection: { connectionString: database.url, application_name: 'test' },
    size: 6,
    settle: async () => undefined,
    connectTimeoutMs: 5000,
    answerTimeoutMs: 60_000,
  });
  await knex.raw('DROP SCHEMA public CASCADE');
  await knex.raw('CREATE SCHEMA public');
  const query = async <Row>(sql: string, values: string[] = []) => (await knex.raw<{ rows: Row[] }>(sql, values)).rows;
  return {
    url: database.url,
    knex,
    query,
    async names(table) {
      return (await query<{ name: string }>(`SELECT name FROM ${table} ORDER BY name`)).map(({ name }) => name);
    },
    async hasStrongLock(table, isGranted) {
      await waitFor(
        async () => {
          const locks = await query(
            `SELECT FROM pg_locks WHERE relation = ?::regclass AND granted = ${isGranted}
               AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'AccessExclusiveLock')`,
            [table],
          );
          return locks.length > 0 || undefined;
        },
        { what: `a lock of ${table}` },
      );
    },
    async stop() {
      await knex.destroy();
      await database.drop();
    },
  };
}

/** As a release left it that kept `knex_migrations` alone and knew seven migrations. */
export async function installBefore({ url, knex }: Schema): Promise<void> {
  await migrate(url, { migrations: OF_BEFORE });
  await knex.raw('DROP TABLE schema_migrations');
}

/** One that a release to come could have. */
export function newer(more: Partial<Migration> & { runsFrom?: string; name?: string } = {}): Migration {
  const { runsFrom = MIGRATIONS.at(-1)?.name ?? '', ...rest } = more;
  return { name: '20990101000000_newer', head: { locks: [], runsFrom }, ...rest };
}
