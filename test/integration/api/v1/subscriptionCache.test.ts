import { createSubscriptionCache, liveSecrets } from '../../../../src/services/subscriptionCache';
import { type NativeApi, startNativeApi } from './nativeApi';

let api: NativeApi;
let queries: number;
beforeAll(async () => {
  api = await startNativeApi();
});
beforeEach(() => {
  queries = 0;
});
afterAll(() => api.stop());

function createCache(capacity?: number) {
  const db: NativeApi['db'] = {
    ...api.db,
    run: (statement, values) => {
      queries++;
      return api.db.run(statement, values);
    },
  };
  return createSubscriptionCache({ db, secretBox: api.secretBox, capacity });
}

test('has all that an attempt needs, and asks once per version', async () => {
  const { id } = await api.subscribe('shop', { callbackUrl: 'https://hooks.example:8443/a', retry: [3, 5] });
  const { body: secrets } = await api.call('shop', 'GET', `/v1/subscriptions/${id}/secret`);
  const cache = createCache();
  const config = await cache.get(id, 1);
  expect(config).toEqual({
    id,
    version: 1,
    interface: 'native',
    interfaceData: {},
    tenantId: 'acme',
    appId: 'shop',
    callbackUrl: 'https://hooks.example:8443/a',
    callbackHost: 'hooks.example:8443',
    timeoutMs: 15000,
    retry: [3, 5],
    maxInFlight: 10,
    state: 'active',
    secrets: [{ secret: secrets.secret, expiresAtMs: null }],
  });
  expect(await cache.get(id, 1)).toBe(config);
  expect(queries).toBe(1);

  await api.call('shop', 'PATCH', `/v1/subscriptions/${id}`, { timeoutMs: 500 });
  expect((await cache.get(id, 2)).timeoutMs).toBe(500);
  expect((await cache.get(id, 1)).timeoutMs).toBe(500);
  expect(queries).toBe(2);
});

test('signs with every live secret, newest first, until each expires', async () => {
  const { id } = await api.subscribe('shop');
  const rotate = { overlapSeconds: 60 };
  const { body } = await api.call('shop', 'POST', `/v1/subscriptions/${id}/secret/rotate`, rotate);
  const config = await createCache().get(id, 2);
  expect(liveSecrets(config, Date.now())).toEqual([body.secret, body.previous[0].secret]);
  expect(liveSecrets(config, Date.parse(body.previous[0].expiresAt) + 1)).toEqual([body.secret]);
});

test('concurrent loads share a query, and those that come during it share the next', async () => {
  const ids = [];
  for (let count = 0; count < 4; count++) ids.push((await api.subscribe('shop')).id);
  const cache = createCache();
  const first = ids.map((id) => cache.get(id, 1));
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  await api.call('shop', 'POST', `/v1/subscriptions/${ids[0]}/pause`);
  const later = await Promise.all([cache.get(ids[0], 2), cache.get(ids[0], 1)]);
  expect((await Promise.all(first)).map(({ id }) => id)).toEqual(ids);
  expect(later.map(({ state }) => state)).toEqual(['paused', expect.any(String)]);
  expect(queries).toBe(2);
});

test('keeps the ones used last', async () => {
  const [a, b, c] = [await api.subscribe('desk'), await api.subscribe('desk'), await api.subscribe('desk')];
  const cache = createCache(2);
  await cache.get(a.id, 1);
  await cache.get(b.id, 1);
  await cache.get(a.id, 1);
  await cache.get(c.id, 1);
  await cache.get(a.id, 1);
  expect(queries).toBe(3);
  await cache.get(b.id, 1);
  expect(queries).toBe(4);
});

test('an unknown one, or a version that is not there yet, is an error for who asked, and for nobody else', async () => {
  const { id } = await api.subscribe('desk');
  const cache = createCache();
  const [known, unknown, future] = await Promise.allSettled([
    cache.get(id, 1),
    cache.get('01a20324-9acb-7628-aa08-63850e4abb7e', 1),
    cache.get((await api.subscribe('desk')).id, 9),
  ]);
  expect([known.status, unknown.status, future.status]).toEqual(['fulfilled', 'rejected', 'rejected']);
});
