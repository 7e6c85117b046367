import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MIGRATIONS } from '../../src/db/migrations';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { externalServers, newDataDir, startProduct } from '../support/product';
import { takeNamespace } from '../support/temporal';
import { query } from './topologySetup';

jest.setTimeout(120_000);

const MAIN = join(__dirname, '..', '..', 'dist', 'src', 'main.js');

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const empty = () => query(database.url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public');
const applied = async () =>
  (await query<{ name: string }>(database.url, 'SELECT name FROM schema_migrations ORDER BY name')).map(
    ({ name }) => name,
  );

/** Until it ends by itself. */
function run(args: string[], env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH, HOME, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

test.each([
  ['the command', ['migrate'], {}],
  ['MIGRATE=only', [], { MIGRATE: 'only' }],
])('%s migrates and ends: without Temporal, and without keys', async (_, args, more) => {
  await empty();
  const dataDir = newDataDir();
  const env = { DATABASE_URL: database.url, DATA_DIR: dataDir, ...more };
  const { code, output } = await run(args, env);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('"event":"migrated"') });
  expect(await applied()).toEqual(MIGRATIONS.map(({ name }) => name));
  expect(existsSync(join(dataDir, 'operator.key'))).toBe(false);
  expect((await run(args, env)).code).toBe(0);
});

test('MIGRATE=off: a start on an empty database says what to do, and after that it starts', async () => {
  await empty();
  const env = { ...externalServers({ databaseUrl: database.url, namespace: takeNamespace() }), MIGRATE: 'off' };
  const refused = await run([], { ...env, DATA_DIR: newDataDir(), PORT: '0' });
  expect(refused.code).toBe(1);
  expect(refused.output).toContain(
    `Postrider could not start: the database lacks ${MIGRATIONS.length} of the migrations of Postrider`,
  );
  expect((await run(['migrate'], { ...env, DATA_DIR: newDataDir() })).code).toBe(0);
  const product = await startProduct({ env });
  expect((await product.stop()).code).toBe(0);
});

test('the embedded PostgreSQL is started for it and stopped after it', async () => {
  const dataDir = newDataDir();
  const { code, output } = await run(['migrate'], { DATA_DIR: dataDir });
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('"event":"migrated"') });
  expect(existsSync(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'))).toBe(false);
});

test('a word that is no command ends it', async () => {
  const { code, output } = await run(['migrat'], { DATA_DIR: newDataDir() });
  expect({ code, output }).toEqual({ code: 2, output: 'migrat: the only command is migrate\n' });
});
