import { type NativeApi, startNativeApi } from './nativeApi';

let api: NativeApi;
beforeAll(async () => {
  api = await startNativeApi();
});
afterAll(() => api.stop());

const TIMESTAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);

describe('tenants', () => {
  test('are made once, by operators of the installation', async () => {
    const tenant = { id: 'dt.1_a-b~c', name: 'DT 租户' };
    expect(await api.call('operator', 'POST', '/v1/tenants', tenant)).toEqual({
      status: 201,
      body: { ...tenant, createdAt: TIMESTAMP },
    });
    const again = await api.call('operator', 'POST', '/v1/tenants', { ...tenant, name: 'another' });
    expect(again).toMatchObject({ status: 409, body: { errors: [{ field: 'id' }] } });
    expect((await api.call('acmeOperator', 'POST', '/v1/tenants', { id: 'mine', name: 'x' })).status).toBe(403);
  });

  test('are listed by id, and to an operator of one tenant only that one', async () => {
    const ids = ({ body }: { body: { data: { id: string }[] } }) => body.data.map(({ id }) => id);
    const all = ids(await api.call('operator', 'GET', '/v1/tenants'));
    expect(all).toEqual([...all].sort());
    expect(all).toEqual(expect.arrayContaining(['acme', 'rival']));
    expect(ids(await api.call('acmeOperator', 'GET', '/v1/tenants'))).toEqual(['acme']);
  });

  test('page by page, each is listed once', async () => {
    const first = await api.call('operator', 'GET', '/v1/tenants?limit=1');
    expect(first.body.data).toHaveLength(1);
    const next = await api.call('operator', 'GET', `/v1/tenants?limit=500&cursor=${first.body.nextCursor}`);
    expect(next.body.nextCursor).toBeNull();
    const whole = await api.call('operator', 'GET', '/v1/tenants');
    expect([...first.body.data, ...next.body.data]).toEqual(whole.body.data);
  });
});

describe('apps', () => {
  test('are made, changed and listed', async () => {
    const app = { tenantId: 'acme', id: 'portal', name: 'Portal', callbackUrl: 'https://portal.example/in' };
    const made = await api.call('operator', 'POST', '/v1/apps', app);
    expect(made).toEqual({ status: 201, body: { ...app, createdAt: TIMESTAMP } });
    expect((await api.call('operator', 'POST', '/v1/apps', app)).status).toBe(409);
    const changed = await api.call('operator', 'PATCH', '/v1/apps/acme/portal', { callbackUrl: null });
    expect(changed).toEqual({ status: 200, body: { ...made.body, callbackUrl: null } });
    const renamed = await api.call('acmeOperator', 'PATCH', '/v1/apps/acme/portal', { name: 'P' });
    expect(renamed.body).toEqual({ ...changed.body, name: 'P' });
    expect((await api.call('operator', 'PATCH', '/v1/apps/acme/portal', {})).body).toEqual(renamed.body);
    const listed = await api.call('operator', 'GET', '/v1/apps');
    expect(listed.body.data).toContainEqual(renamed.body);
  });

  test('page over tenants', async () => {
    const whole = await api.call('operator', 'GET', '/v1/apps');
    const seen = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await api.call('operator', 'GET', `/v1/apps?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.body.data);
      cursor = page.body.nextCursor;
    }
    expect(seen).toEqual(whole.body.data);
  });

  test('of another tenant are out of reach', async () => {
    const app = { tenantId: 'rival', id: 'mole', name: 'x' };
    expect((await api.call('acmeOperator', 'POST', '/v1/apps', app)).status).toBe(403);
    expect((await api.call('acmeOperator', 'PATCH', '/v1/apps/rival/spy', { name: 'x' })).status).toBe(404);
    const listed = await api.call('acmeOperator', 'GET', '/v1/apps');
    expect(new Set(listed.body.data.map((each: { tenantId: string }) => each.tenantId))).toEqual(new Set(['acme']));
  });

  test('of an unknown tenant, and unknown apps, are 404', async () => {
    expect((await api.call('operator', 'POST', '/v1/apps', { tenantId: 'no', id: 'a', name: 'x' })).status).toBe(404);
    expect((await api.call('operator', 'PATCH', '/v1/apps/acme/no', { name: 'x' })).status).toBe(404);
  });

  test('take no callback that the egress policy refuses', async () => {
    const body = { tenantId: 'acme', id: 'inner', name: 'x', callbackUrl: 'http://169.254.169.254/' };
    const refused = await api.call('operator', 'POST', '/v1/apps', body);
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ field: 'callbackUrl' }] } });
  });
});

describe('grants', () => {
  const path = '/v1/apps/acme/desk/grants';

  test('bring the granting tenant’s events to subscriptions made before and after, until they are withdrawn', async () => {
    const before = await api.subscribe('desk');
    expect((await api.publish({ tenantId: 'rival' })).deliveryIds).toHaveLength(0);
    expect(await api.call('operator', 'POST', path, { tenantId: 'rival' })).toEqual({
      status: 201,
      body: { tenantId: 'rival', createdAt: TIMESTAMP },
    });
    const after = await api.subscribe('desk');
    const { deliveryIds } = await api.publish({ tenantId: 'rival' });
    expect(deliveryIds).toHaveLength(2);
    const listed = await api.call('desk', 'GET', '/v1/deliveries');
    const subscriptionIds = listed.body.data.map((each: { subscriptionId: string }) => each.subscriptionId);
    expect(subscriptionIds.sort()).toEqual([before.id, after.id].sort());

    const own = await api.publish();
    const withdrawn = await api.call('operator', 'DELETE', `${path}/rival`);
    expect(withdrawn).toEqual({ status: 200, body: { cancelled: 2 } });
    expect((await api.publish({ tenantId: 'rival' })).deliveryIds).toHaveLength(0);
    expect((await api.publish()).deliveryIds).toHaveLength(2);
    const state = async (id: string) => (await api.call('desk', 'GET', `/v1/deliveries/${id}`)).body;
    expect(await state(deliveryIds[0] ?? '')).toMatchObject({ state: 'cancelled', reason: 'grant_withdrawn' });
    expect(await state(own.deliveryIds[0] ?? '')).toMatchObject({ state: 'pending' });
  });

  test('are listed', async () => {
    await api.call('operator', 'POST', '/v1/apps/acme/shop/grants', { tenantId: 'rival' });
    const listed = await api.call('acmeOperator', 'GET', '/v1/apps/acme/shop/grants');
    expect(listed.body).toEqual({ data: [{ tenantId: 'rival', createdAt: TIMESTAMP }], nextCursor: null });
    expect((await api.call('operator', 'GET', '/v1/apps/acme/no/grants')).status).toBe(404);
  });

  test('are refused twice, to oneself, for unknown ones, and to operators of one tenant', async () => {
    const grant = (key: 'operator' | 'acmeOperator' | 'rivalOperator', tenantId: string, app = 'acme/shop') =>
      api.call(key, 'POST', `/v1/apps/${app}/grants`, { tenantId });
    expect((await grant('operator', 'rival')).status).toBe(409);
    expect((await grant('operator', 'acme')).status).toBe(400);
    expect((await grant('operator', 'nobody')).status).toBe(404);
    expect((await grant('operator', 'rival', 'acme/no')).status).toBe(404);
    expect((await grant('acmeOperator', 'rival', 'acme/desk')).status).toBe(403);
    expect((await grant('rivalOperator', 'rival', 'acme/desk')).status).toBe(404);
    expect((await api.call('acmeOperator', 'DELETE', '/v1/apps/acme/shop/grants/rival')).status).toBe(403);
    expect((await api.call('operator', 'DELETE', '/v1/apps/acme/shop/grants/acme')).status).toBe(404);
  });

  test('and subscriptions made at the same time always find each other', async () => {
    for (let round = 0; round < 10; round++) {
      await api.call('operator', 'POST', '/v1/tenants', { id: `granting${round}`, name: 'x' });
      const [subscription, grant] = await Promise.all([
        api.subscribe('desk'),
        api.call('operator', 'POST', path, { tenantId: `granting${round}` }),
      ]);
      expect(grant.status).toBe(201);
      const selectors = await api.db
        .knex('subscription_selectors')
        .where({ subscription_id: subscription.id, tenant_id: `granting${round}` });
      expect(selectors).toHaveLength(1);
    }
  });
});

describe('keys', () => {
  test('are shown once, work, are listed without their secret, and stop working', async () => {
    const input = { tenantId: 'acme', appId: 'shop', roles: ['subscriber', 'producer'], subject: null };
    const made = await api.call('operator', 'POST', '/v1/keys', input);
    expect(made).toEqual({
      status: 201,
      body: { id: expect.any(String), key: expect.stringMatching(/^pr_[A-Za-z0-9]+_[\w-]{32,}$/) },
    });
    const call = () => fetch(`${api.url}/v1/subscriptions`, { headers: { authorization: made.body.key } });
    expect((await call()).status).toBe(200);
    const listed = await api.call('acmeOperator', 'GET', '/v1/keys?limit=500');
    expect(listed.body.data).toContainEqual({ id: made.body.id, ...input, createdAt: TIMESTAMP, revokedAt: null });
    expect(JSON.stringify(listed.body)).not.toContain(made.body.key.split('_')[2]);
    expect(await api.call('acmeOperator', 'DELETE', `/v1/keys/${made.body.id}`)).toEqual({ status: 204 });
    await until(async () => (await call()).status === 401, 6000);
  });

  test('of another tenant, of the installation and unknown ones are 404', async () => {
    for (const id of [api.keyId('spy'), api.keyId('operator'), 'nobody', '%00']) {
      expect({ id, status: (await api.call('acmeOperator', 'DELETE', `/v1/keys/${id}`)).status }).toEqual({
        id,
        status: id === '%00' ? 400 : 404,
      });
    }
  });

  test.each([
    { tenantId: 'rival', roles: ['producer'] },
    { roles: ['operator'] },
    { tenantId: 'acme', roles: ['platform'] },
  ])('an operator of one tenant cannot make $roles of $tenantId', async (body) => {
    expect((await api.call('acmeOperator', 'POST', '/v1/keys', body)).status).toBe(403);
  });
});

describe('topics', () => {
  test('are put, replaced as a whole, and listed', async () => {
    const path = '/v1/topics/%E4%B8%BB%E9%A2%98%2Fa%20b';
    const made = await api.call('operator', 'PUT', path, { name: 'N', description: 'D', historyRequired: false });
    const entry = { topic: '主题/a b', name: 'N', description: 'D', historyRequired: false };
    expect(made).toEqual({ status: 201, body: { ...entry, createdAt: TIMESTAMP, updatedAt: TIMESTAMP } });
    const replaced = await api.call('operator', 'PUT', path, { name: 'M' });
    expect(replaced.status).toBe(200);
    expect(replaced.body).toMatchObject({ ...entry, name: 'M', description: null, historyRequired: true });
    const listed = await api.call('acmeOperator', 'GET', '/v1/topics');
    expect(listed.body.data).toContainEqual(replaced.body);
  });

  test('are put by operators of the installation, with at most 128 bytes', async () => {
    expect((await api.call('acmeOperator', 'PUT', '/v1/topics/x', { name: 'x' })).status).toBe(403);
    expect((await api.call('operator', 'PUT', `/v1/topics/${'x'.repeat(128)}`, { name: 'x' })).status).toBe(201);
    const long = await api.call('operator', 'PUT', `/v1/topics/${encodeURIComponent('é'.repeat(65))}`, { name: 'x' });
    expect(long).toMatchObject({ status: 400, body: { errors: [{ field: 'topic' }] } });
  });
});

describe('target types', () => {
  test('are put, replaced, and listed by number', async () => {
    const made = await api.call('operator', 'PUT', '/v1/target-types/7', { name: 'News' });
    expect(made).toEqual({
      status: 201,
      body: { number: 7, name: 'News', uuid: expect.stringMatching(/^[\w-]{36}$/) },
    });
    const renamed = await api.call('operator', 'PUT', '/v1/target-types/7', { name: 'Nouvelles' });
    expect(renamed).toEqual({ status: 200, body: { ...made.body, name: 'Nouvelles' } });
    const other = { name: 'Other', uuid: 'term-12345678' };
    expect((await api.call('operator', 'PUT', '/v1/target-types/1', other)).body).toEqual({ number: 1, ...other });
    const taken = await api.call('operator', 'PUT', '/v1/target-types/8', other);
    expect(taken).toMatchObject({ status: 409, body: { errors: [{ field: 'uuid' }] } });
    const first = await api.call('operator', 'GET', '/v1/target-types?limit=1');
    expect(first.body.data).toEqual([{ number: 1, ...other }]);
    const second = await api.call('operator', 'GET', `/v1/target-types?cursor=${first.body.nextCursor}`);
    expect(second.body).toEqual({ data: [renamed.body], nextCursor: null });
  });

  test.each(['-1', '1.5', 'x', '2147483648', '%20'])('%s is no number of one', async (number) => {
    const answer = await api.call('operator', 'PUT', `/v1/target-types/${number}`, { name: 'x' });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'number' }] } });
  });

  test('are put by operators of the installation', async () => {
    expect((await api.call('acmeOperator', 'PUT', '/v1/target-types/9', { name: 'x' })).status).toBe(403);
  });
});

async function until(condition: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('not in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
