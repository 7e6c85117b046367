import { native } from '../../../../src/api/routes/v1';
import { KEY_NAMES, type KeyName, type NativeApi, readCancellations, startNativeApi } from './nativeApi';

let api: NativeApi;
/** What another tenant, and another app of the tenant, has: it must stay out of reach and as it is. */
let own: Record<string, string>;

beforeAll(async () => {
  api = await startNativeApi();
  const subscription = await api.subscribe('shop');
  const { eventId, deliveryIds } = await api.publish();
  const lanes = await api.call('shop', 'GET', '/v1/lanes');
  await api.call('operator', 'POST', '/v1/apps/acme/shop/grants', { tenantId: 'rival' });
  own = {
    subscriptions: subscription.id,
    events: eventId,
    deliveries: deliveryIds[0] ?? '',
    lanes: lanes.body.data[0].id,
    keys: api.keyId('shop'),
    tenants: 'acme',
    tenantId: 'acme',
    appId: 'shop',
    grantingTenantId: 'rival',
    topic: 'gs',
    number: '7',
  };
});
afterAll(() => api.stop());

const ROLES: Record<KeyName, string[]> = {
  operator: ['operator'],
  acmeOperator: ['operator'],
  rivalOperator: ['operator'],
  shop: ['subscriber'],
  desk: ['subscriber'],
  spy: ['subscriber'],
  portalUser: ['subscriber'],
  producer: ['producer'],
  rivalProducer: ['producer'],
  platform: ['producer', 'platform'],
};

/** For every route with a body, one that it takes. */
const BODIES: Record<string, unknown> = {
  'post /v1/tenants': { id: 'new', name: 'x' },
  'post /v1/apps': { tenantId: 'acme', id: 'new', name: 'x' },
  'patch /v1/apps/{tenantId}/{appId}': { name: 'x' },
  'post /v1/apps/{tenantId}/{appId}/grants': { tenantId: 'rival' },
  'post /v1/keys': { tenantId: 'acme', appId: 'shop', roles: ['subscriber'] },
  'put /v1/topics/{topic}': { name: 'x' },
  'put /v1/target-types/{number}': { name: 'x' },
  'post /v1/subscriptions': { callbackUrl: 'https://a.example/', topics: ['gs'], tenantId: 'acme', appId: 'shop' },
  'patch /v1/subscriptions/{id}': { timeoutMs: 500 },
  'post /v1/subscriptions/{id}/secret/rotate': {},
  'post /v1/lanes/{id}/activate': {},
};

const routes = native.routes.map((route) => ({ ...route, name: `${route.method} ${route.path}` }));

/** The path with the ids of what `shop` has. */
function pathOf(path: string): string {
  const collection = path.split('/')[2] ?? '';
  return path.replace(/\{(\w+)\}/g, (_, name) => own[name === 'id' ? collection : name] ?? '');
}

function call(key: KeyName | null, { name, method, path }: (typeof routes)[number]) {
  return api.call(key, method.toUpperCase(), pathOf(path), BODIES[name]);
}

async function everything(): Promise<unknown> {
  const { knex } = api.db;
  const tables = ['tenants', 'apps', 'app_grants', 'topics', 'target_types', 'subscriptions', 'subscription_secrets'];
  const more = ['subscription_selectors', 'lanes', 'deliveries'];
  const rows = await Promise.all([...tables, ...more].map((table) => knex(table)));
  const keys = await knex('keys').select('id', 'revoked_at');
  return JSON.stringify([rows, keys, await readCancellations(knex)]);
}

test('there is a body for every route that takes one', () => {
  expect(Object.keys(BODIES).sort()).toEqual(
    routes
      .filter(({ body }) => body)
      .map(({ name }) => name)
      .sort(),
  );
});

describe.each(routes)('$name', (route) => {
  test('is refused without a key, and with a key of another role, and changes nothing', async () => {
    const before = await everything();
    expect((await call(null, route)).status).toBe(401);
    const access = route.access as string[];
    for (const key of KEY_NAMES.filter((name) => !ROLES[name].some((role) => access.includes(role)))) {
      const { status, body } = await call(key, route);
      expect({ key, status, body: body.status }).toEqual({ key, status: 403, body: 403 });
    }
    expect(await everything()).toBe(before);
  });

  const isOfOneTenant = /\{(id|appId)\}/.test(route.path) && !route.path.startsWith('/v1/topics');
  const strangers: KeyName[] = ['rivalOperator', 'desk', 'spy', 'portalUser', 'rivalProducer', 'platform'];

  if (isOfOneTenant) {
    test('of somebody else is 404, as an unknown one is, and changes nothing', async () => {
      const before = await everything();
      const access = route.access as string[];
      for (const key of strangers.filter((name) => ROLES[name].some((role) => access.includes(role)))) {
        const { status, body } = await call(key, route);
        expect({ key, status, title: body?.title }).toEqual({ key, status: 404, title: 'Not Found' });
      }
      expect(await everything()).toBe(before);
    });
  } else if (route.method === 'get' && !route.path.endsWith('}')) {
    test('shows nothing of another tenant', async () => {
      if (!(route.access as string[]).includes('subscriber')) return;
      for (const key of ['rivalOperator', 'spy', 'desk', 'portalUser'] as const) {
        expect((await call(key, route)).body).toEqual({ data: [], nextCursor: null });
      }
    });
  }
});

test('a multi-role key has the scope of its roles together', async () => {
  const { body } = await api.call('operator', 'POST', '/v1/keys', {
    tenantId: 'acme',
    appId: 'desk',
    roles: ['producer', 'subscriber'],
  });
  const headers = { authorization: body.key };
  const status = async (path: string) => (await fetch(api.url + path, { headers })).status;
  expect(await status('/v1/subscriptions')).toBe(200);
  expect(await status(`/v1/subscriptions/${own.subscriptions}`)).toBe(404);
  expect(await status('/v1/tenants')).toBe(403);
});
