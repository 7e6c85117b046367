import { Client } from 'pg';
import { asShare } from '../../../src/db/connectionShare';
import { waitFor } from '../../support/engine';
import { type NativeApi, startNativeApi } from './v1/nativeApi';

jest.setTimeout(60_000);

/** More than there are connections in all. */
const MANY = 60;
/** Half of the ten that calls share. */
const MOST_OF_ONE_TENANT = 5;

let api: NativeApi;
/** Not one of the product's connections. */
let outsider: Client;

beforeEach(async () => {
  api = await startNativeApi();
  outsider = new Client({ connectionString: api.databaseUrl });
  await outsider.connect();
});

afterEach(async () => {
  await outsider.end();
  await api.stop();
});

/** Another process has these rows for as long as the test wants. */
async function lockSubscriptions(ids: string[]): Promise<void> {
  await outsider.query('BEGIN');
  await outsider.query('SELECT FROM subscriptions WHERE id = ANY($1::uuid[]) FOR UPDATE', [ids]);
}

async function blocked(): Promise<number> {
  const { rows } = await api.db.reserved.raw(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'postrider' AND wait_event_type = 'Lock'`,
  );
  return rows[0].count;
}

/** Each was done or says that it was not: a slow machine lets some wait longer than they may. */
async function expectHonest(changes: Promise<{ status: number }>[]): Promise<void> {
  const statuses = new Set((await Promise.all(changes)).map(({ status }) => status));
  expect(statuses).toContain(200);
  statuses.delete(503);
  expect([...statuses]).toEqual([200]);
}

const patch = (id: string, description: string) =>
  api.call('shop', 'PATCH', `/v1/subscriptions/${id}`, { description });

test('changes of one locked row wait in the process: one connection waits, another tenant is answered', async () => {
  const { id } = await api.subscribe('shop');
  await lockSubscriptions([id]);
  const changes = Array.from({ length: MANY }, (_, i) => patch(id, `change ${i}`));
  await waitFor(async () => ((await blocked()) > 0 ? true : undefined), { what: 'a change that waits' });
  expect((await api.call('spy', 'GET', '/v1/subscriptions')).status).toBe(200);
  expect((await api.call('shop', 'GET', '/v1/subscriptions')).status).toBe(200);
  expect(await blocked()).toBe(1);
  await outsider.query('ROLLBACK');
  await expectHonest(changes);
});

test('changes of many locked rows take a part of the connections: another tenant is answered', async () => {
  const ids: string[] = [];
  for (let i = 0; i < MANY; i++) ids.push((await api.subscribe('shop')).id);
  await lockSubscriptions(ids);
  const changes = ids.map((id) => patch(id, 'changed'));
  await waitFor(async () => ((await blocked()) === MOST_OF_ONE_TENANT ? true : undefined), {
    what: 'a part of the connections that waits',
  });
  expect((await api.call('spy', 'GET', '/v1/subscriptions')).status).toBe(200);
  expect((await api.call('operator', 'GET', '/v1/tenants')).status).toBe(200);
  expect(await blocked()).toBeLessThanOrEqual(MOST_OF_ONE_TENANT);
  await outsider.query('ROLLBACK');
  await expectHonest(changes);
});

test('callers are recognised, and the safety nets work, while every shared connection is in use', async () => {
  const tenants = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
  const sleeping = tenants.flatMap((tenantId) =>
    Array.from({ length: 2 }, () => asShare({ tenantId, flow: '' }, () => api.db.knex.raw('SELECT pg_sleep(1.5)'))),
  );
  const unknownKey = await fetch(`${api.url}/v1/tenants`, {
    headers: { authorization: `pr_nobody_${'x'.repeat(43)}` },
  });
  expect(unknownKey.status).toBe(401);
  await expect(api.db.reserved.raw('SELECT 1')).resolves.toBeDefined();
  await Promise.allSettled(sleeping);
});
