import { pino } from 'pino';
import { type Database, openDatabase } from '../../../src/db/database';
import { createReadiness } from '../../../src/start/readiness';
import { TemporalLink } from '../../../src/temporal/temporalLink';
import { installRuntime } from '../../support/engine';
import { type Link, startLink } from '../../support/link';
import { createTestDatabase } from '../../support/postgres';
import { takeNamespace, temporalAddress } from '../../support/temporal';

const ROLES = ['all', 'api', 'worker'] as const;

let db: Database;
let temporal: TemporalLink;
let toPostgres: Link;
let toTemporal: Link;
let drop: () => Promise<void>;

beforeEach(async () => {
  installRuntime();
  const database = await createTestDatabase();
  drop = database.drop;
  const url = new URL(database.url);
  toPostgres = await startLink({ port: Number(url.port) });
  url.port = String(toPostgres.port);
  db = openDatabase({ url: url.href, onIdleError: () => undefined });
  toTemporal = await startLink({ port: Number(temporalAddress().split(':')[1]) });
  const connection = { address: `127.0.0.1:${toTemporal.port}` };
  temporal = new TemporalLink({ connection, namespace: takeNamespace(), log: pino({ enabled: false }) });
  await temporal.connected;
});

afterEach(async () => {
  toPostgres.silence(false);
  toTemporal.silence(false);
  await temporal.close();
  await db.close();
  await toTemporal.stop();
  await toPostgres.stop();
  await drop();
});

async function readinessOf(role: (typeof ROLES)[number]) {
  const isWorkerRunning = role === 'api' ? null : () => true;
  const { parts, needed } = await createReadiness({
    ...{ role, db, temporal, isWorkerRunning },
    clockOffsetMs: () => 0,
    // Nobody runs rounds here, and the process of the tests may have run for long.
    uptimeS: () => 0,
  })();
  const missing = Object.keys(parts).filter((name) => !parts[name as keyof typeof parts]?.ok);
  return { missing, isReady: needed.every((name) => parts[name]?.ok), parts };
}

test('with everything there, every role is ready', async () => {
  for (const role of ROLES) expect(await readinessOf(role)).toMatchObject({ missing: [], isReady: true });
});

test('a Temporal that says nothing is not blamed on PostgreSQL, and takes out workers only', async () => {
  expect(await readinessOf('all')).toMatchObject({ missing: [] });
  toTemporal.silence(true);
  const [all, api, worker] = await Promise.all(ROLES.map(readinessOf));
  for (const each of [all, api, worker]) expect(each?.missing).toEqual(['temporal']);
  expect([all?.isReady, api?.isReady, worker?.isReady]).toEqual([true, true, false]);
});

test('a PostgreSQL that says nothing takes out every role, and is not blamed on Temporal', async () => {
  expect(await readinessOf('all')).toMatchObject({ missing: [] });
  toPostgres.silence(true);
  for (const each of await Promise.all(ROLES.map(readinessOf))) {
    expect(each).toMatchObject({ missing: ['postgres', 'reconcile', 'retention'], isReady: false });
    expect(each.parts.reconcile.detail).toBe('not known while PostgreSQL does not answer');
  }
});
