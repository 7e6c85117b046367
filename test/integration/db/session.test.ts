import { Client } from 'pg';
import { type Database, openDatabase } from '../../../src/db/database';
import type { SessionRefused } from '../../../src/db/session';
import { checkSessions } from '../../../src/db/sessionCheck';
import { createTestDatabase, type TestDatabase } from '../../support/postgres';

jest.setTimeout(60_000);

/** A setting, what an administrator has set for the role or the database, and what every session of ours must have. */
type Hostile = readonly [name: string, theirs: string, ours: string];

const HOSTILE: Hostile[] = [
  ['synchronous_commit', 'off', 'on'],
  ['default_transaction_isolation', 'serializable', 'read committed'],
  ['default_transaction_read_only', 'on', 'off'],
  ['default_transaction_deferrable', 'on', 'off'],
  ['DateStyle', 'SQL, DMY', 'ISO, MDY'],
  ['IntervalStyle', 'iso_8601', 'postgres'],
  ['TimeZone', 'Asia/Kathmandu', 'UTC'],
  ['search_path', 'pg_catalog', '"public", pg_temp'],
  ['extra_float_digits', '-15', '1'],
  ['bytea_output', 'escape', 'hex'],
  ['standard_conforming_strings', 'off', 'on'],
  ['client_encoding', 'LATIN1', 'UTF8'],
  ['array_nulls', 'off', 'on'],
  ['transform_null_equals', 'on', 'off'],
  ['statement_timeout', '2000', '8s'],
  ['lock_timeout', '2000', '6s'],
  ['idle_in_transaction_session_timeout', '2000', '30s'],
  ['idle_session_timeout', '2000', '0'],
  ['transaction_timeout', '2000', '0'],
];

/** Other values of the same settings. */
const HOSTILE_TOO: Hostile[] = [
  ['synchronous_commit', 'local', 'on'],
  ['default_transaction_isolation', 'repeatable read', 'read committed'],
  ['DateStyle', 'German', 'ISO, MDY'],
  ['search_path', 'nowhere', '"public", pg_temp'],
];

/** Plans that the hot path needs; only its own connections have these settings. */
const HOSTILE_PLANS: Hostile[] = [
  ['plan_cache_mode', 'force_custom_plan', 'force_generic_plan'],
  ['enable_seqscan', 'on', 'off'],
  ['enable_mergejoin', 'on', 'off'],
  ['enable_indexscan', 'off', 'on'],
  ['enable_partition_pruning', 'off', 'on'],
  ['jit', 'on', 'off'],
];

let database: TestDatabase;
let admin: Client;
let db: Database;
let refused: SessionRefused[];

beforeEach(async () => {
  database = await createTestDatabase();
  admin = new Client({ connectionString: database.url });
  await admin.connect();
  refused = [];
  db = openDatabase({
    url: database.url,
    onIdleError: () => undefined,
    onRefused: (error) => refused.push(error),
  });
});

afterEach(async () => {
  await db.close();
  await admin.end();
  await database.drop();
});

const LISTS = ['search_path', 'DateStyle'];

/** PostgreSQL 16 has no transaction_timeout. */
async function known(settings: readonly Hostile[]): Promise<readonly Hostile[]> {
  const { rows } = await admin.query('SELECT name FROM pg_settings');
  return settings.filter(([setting]) => rows.some(({ name }) => name.toLowerCase() === setting.toLowerCase()));
}

async function alter(who: 'database' | 'role', settings: readonly Hostile[]): Promise<void> {
  const { rows } = await admin.query(
    "SELECT format('%I', current_database()) AS db, format('%I', current_user) AS role",
  );
  const [{ db: name, role }] = rows;
  const target = who === 'database' ? `DATABASE ${name}` : `ROLE ${role} IN DATABASE ${name}`;
  for (const [setting, theirs] of settings) {
    await admin.query(`ALTER ${target} SET ${setting} = ${LISTS.includes(setting) ? theirs : `'${theirs}'`}`);
  }
}

const asWanted = (settings: readonly Hostile[]) => Object.fromEntries(settings.map(([name, , ours]) => [name, ours]));

function select(settings: readonly Hostile[]): string {
  return `SELECT ${settings.map(([name]) => `current_setting('${name}') AS "${name}"`)}`;
}

test.each([
  ['database', HOSTILE],
  ['role', HOSTILE],
  ['role', HOSTILE_TOO],
] as const)('whatever is set for the %s, every connection has the settings it needs', async (who, all) => {
  const settings = await known(all);
  await alter(who, settings);
  const text = select(settings);
  expect(await db.run({ name: 'look', text }, [])).toEqual([asWanted(settings)]);
  const polled = settings.map(([name]) => name).filter((name) => !name.endsWith('_timeout'));
  expect(await db.polling.run({ name: 'look', text }, [])).toEqual([
    expect.objectContaining(Object.fromEntries(polled.map((name) => [name, asWanted(settings)[name]]))),
  ]);
  for (const pool of [db.knex, db.keys, db.reserved]) {
    expect((await pool.raw(text)).rows).toEqual([asWanted(settings)]);
  }
  const inTransaction = await db.knex.transaction((trx) =>
    trx.raw("SELECT current_setting('transaction_isolation') AS level"),
  );
  expect(inTransaction.rows).toEqual([{ level: 'read committed' }]);
});

test('plans that are set for the role are not those of the hot path', async () => {
  await alter('role', HOSTILE_PLANS);
  expect(await db.run({ name: 'look', text: select(HOSTILE_PLANS) }, [])).toEqual([asWanted(HOSTILE_PLANS)]);
});

test('a commit that waits for the standbys to apply it stays so', async () => {
  await alter('role', [['synchronous_commit', 'remote_apply', 'remote_apply']]);
  expect((await db.knex.raw('SHOW synchronous_commit')).rows).toEqual([{ synchronous_commit: 'remote_apply' }]);
});

test('a setting that cannot be set is refused on every kind of connection, by name, and reported', async () => {
  await alter('role', [['session_replication_role', 'replica', 'origin']]);
  const sentence = 'session_replication_role is "replica", but must be "origin"';
  await expect(db.run({ name: 'look', text: 'SELECT 1' }, [])).rejects.toThrow(sentence);
  for (const pool of [db.knex, db.keys, db.reserved]) await expect(pool.raw('SELECT 1')).rejects.toThrow(sentence);
  expect(refused).toHaveLength(4);
});

test('one that is mended is taken again, without a restart', async () => {
  await alter('role', [['session_replication_role', 'replica', 'origin']]);
  await expect(db.knex.raw('SELECT 1')).rejects.toThrow('session_replication_role');
  await alter('role', [['session_replication_role', 'origin', 'origin']]);
  await expect(db.knex.raw('SELECT 1')).resolves.toBeDefined();
});

describe('the check before the start', () => {
  test('finds the schema that the tables are in', async () => {
    await expect(checkSessions(database.url)).resolves.toEqual({ schema: 'public' });
  });

  test.each([
    ['a schema that does not exist', 'nowhere', 'names no schema that exists'],
    [
      'another schema than the tables are in',
      'elsewhere',
      'leads to the schema "elsewhere", but the tables are in "public"',
    ],
  ])('refuses a search_path that names %s', async (_, path, sentence) => {
    await admin.query('CREATE SCHEMA elsewhere');
    await alter('role', [['search_path', path, '']]);
    await expect(checkSessions(database.url)).rejects.toThrow(sentence);
  });

  test('an empty database is installed where its search_path leads, and nowhere else later', async () => {
    await admin.query('DROP SCHEMA public CASCADE');
    await admin.query('CREATE SCHEMA "Own.One"');
    await alter('role', [['search_path', '"Own.One"', '']]);
    await expect(checkSessions(database.url)).resolves.toEqual({ schema: 'Own.One' });
    const own = openDatabase({ url: database.url, schema: 'Own.One', onIdleError: () => undefined });
    try {
      const { rows } = await own.knex.raw('SELECT current_schema() AS schema');
      expect(rows).toEqual([{ schema: 'Own.One' }]);
    } finally {
      await own.close();
    }
  });
});
