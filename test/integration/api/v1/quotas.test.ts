import type { Answer, KeyName } from './nativeApi';
import { startNativeApi } from './nativeApi';

jest.setTimeout(60_000);

/** acme has two apps and four keys without a subject, one of which is of a portal user, from the start. */
const LIMITS = {
  subscriptionsPerApp: 3,
  appsPerTenant: 3,
  keysPerTenant: 6,
  userKeysPerApp: 2,
  portalSubscriptionsPerUser: 2,
  repeatableCallsPerApp: 2,
};

let api: Awaited<ReturnType<typeof startNativeApi>>;

beforeEach(async () => {
  api = await startNativeApi({ quotaLimits: LIMITS });
});
afterEach(() => api.stop());

const subscribe = (key: KeyName) =>
  api.call(key, 'POST', '/v1/subscriptions', { callbackUrl: 'https://hooks.example/a', topics: ['gs'] });
const statusesOf = (answers: Answer[]) => answers.map(({ status }) => status).sort();

test('subscriptions of an app: the last that fits, a clear error beyond, and room again after a deletion', async () => {
  const made = [await subscribe('shop'), await subscribe('shop'), await subscribe('shop')];
  expect(statusesOf(made)).toEqual([201, 201, 201]);
  expect(await subscribe('shop')).toEqual({
    status: 409,
    body: {
      title: 'Conflict',
      status: 409,
      detail: 'an app has at most 3 subscriptions (MAX_SUBSCRIPTIONS_PER_APP)',
      code: 'quota_exceeded',
      requestId: expect.any(String),
    },
  });
  expect([(await subscribe('desk')).status, (await subscribe('spy')).status]).toEqual([201, 201]);
  await api.call('shop', 'DELETE', `/v1/subscriptions/${made[0]?.body.id}`);
  expect((await subscribe('shop')).status).toBe(201);
});

test('of many at once, no more than fit are made', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => subscribe('shop')));
  expect(statusesOf(answers)).toEqual([...Array(3).fill(201), ...Array(9).fill(409)]);
});

test("the other interfaces' subscriptions count too, and each says it in its own form", async () => {
  for (let count = 0; count < 3; count++) await subscribe('shop');
  const webhookUrl = 'https://hooks.example/a';
  expect(
    await api.call('shop', 'POST', '/topics/subscribe', {
      tenantId: 'acme',
      appId: 'shop',
      webhookUrl,
      topicList: ['gs'],
    }),
  ).toEqual({
    status: 409,
    body: { code: '409', message: 'an app has at most 3 subscriptions (MAX_SUBSCRIPTIONS_PER_APP)' },
  });
  expect(
    await api.call('shop', 'POST', '/api/v3/event/subscribe/acme/2', {
      ...{ subscription_name: 'a', system_name: 'b', callback_url: webhookUrl },
      ...{ confirm_mode: 'httpstatus', subscription_form: 'hostcreate', timeout: 10 },
    }),
  ).toMatchObject({ status: 200, body: { result: false, bk_error_code: 1103000 } });
});

test('apps of a tenant', async () => {
  const create = (id: string) => api.call('acmeOperator', 'POST', '/v1/apps', { tenantId: 'acme', id, name: id });
  expect((await create('third')).status).toBe(201);
  expect(await create('fourth')).toMatchObject({
    status: 409,
    body: { detail: 'a tenant has at most 3 apps (MAX_APPS_PER_TENANT)' },
  });
});

test('keys of a tenant and of portal users: revoked ones leave room', async () => {
  const create = (more: object) =>
    api.call('acmeOperator', 'POST', '/v1/keys', { tenantId: 'acme', appId: 'shop', roles: ['subscriber'], ...more });
  const made = [await create({}), await create({}), await create({})];
  expect(statusesOf(made)).toEqual([201, 201, 409]);
  expect(made[2]?.body.detail).toContain('MAX_KEYS_PER_TENANT');
  const users = [await create({ subject: 'bob' }), await create({ subject: 'cid' })];
  expect(statusesOf(users)).toEqual([201, 409]);
  expect(users[1]?.body.detail).toContain('MAX_USER_KEYS_PER_APP');
  await api.call('acmeOperator', 'DELETE', `/v1/keys/${made[0]?.body.id}`);
  expect((await create({})).status).toBe(201);
});

test('what a portal user subscribes to, and the defaults of a tenant', async () => {
  await api.call('operator', 'PUT', '/v1/target-types/7', { name: 'News' });
  await api.call('operator', 'PATCH', '/v1/apps/acme/shop', { callbackUrl: 'https://hooks.example/portal' });
  async function add(key: KeyName, bundle: string, target: number) {
    const attributes = { target_id: `t${target}`, action: 'follow', target_type: 7 };
    const response = await fetch(`${api.url}/portal/api/v2/subscription/${bundle}`, {
      method: 'POST',
      headers: { authorization: api.keys[key], 'content-type': 'application/vnd.api+json' },
      body: JSON.stringify({ data: { type: bundle, attributes } }),
    });
    return { status: response.status, text: await response.text() };
  }
  for (const [key, bundle] of [
    ['portalUser', 'subscription'],
    ['acmeOperator', 'system_subscription_list'],
  ] as const) {
    expect([(await add(key, bundle, 1)).status, (await add(key, bundle, 2)).status]).toEqual([201, 201]);
    const third = await add(key, bundle, 3);
    expect(third.status).toBe(409);
    expect(third.text).toContain('MAX_PORTAL_SUBSCRIPTIONS_PER_USER');
  }
});
