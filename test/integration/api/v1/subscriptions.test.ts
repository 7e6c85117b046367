import { waitForBlocked } from '../../../support/locks';
import { type NativeApi, startNativeApi } from './nativeApi';

let api: NativeApi;
beforeAll(async () => {
  api = await startNativeApi();
});
afterAll(() => api.stop());

const TIMESTAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
const INPUT = { callbackUrl: 'https://hooks.example/a?b=c', topics: ['gs', 'hs', 'gs'] };

async function row(id: string) {
  return api.db.knex('subscriptions').where({ id }).first();
}

describe('making one', () => {
  test('answers it with the defaults, and repeated topics count once', async () => {
    const made = await api.call('shop', 'POST', '/v1/subscriptions', INPUT);
    expect(made).toEqual({
      status: 201,
      body: {
        id: expect.any(String),
        interface: 'native',
        tenantId: 'acme',
        appId: 'shop',
        callbackUrl: INPUT.callbackUrl,
        topics: ['gs', 'hs'],
        description: null,
        timeoutMs: 15000,
        retry: 'gateway',
        maxInFlight: 10,
        ordered: false,
        historyRequired: false,
        state: 'active',
        createdAt: TIMESTAMP,
        updatedAt: TIMESTAMP,
      },
    });
    expect(await api.call('shop', 'GET', `/v1/subscriptions/${made.body.id}`)).toEqual({
      status: 200,
      body: made.body,
    });
    const listed = await api.call('shop', 'GET', '/v1/subscriptions');
    expect(listed.body.data[0]).toEqual(made.body);
    expect(await api.db.knex('lanes').where({ subscription_id: made.body.id })).toMatchObject([
      { topic: '', state: 'idle' },
    ]);
  });

  test('an ordered one has a lane for each topic, held where it and the catalogue require the history', async () => {
    await api.call('operator', 'PUT', '/v1/topics/hs', { name: 'hs', historyRequired: false });
    const lanesOf = async (more: Record<string, unknown>) => {
      const made = await api.subscribe('shop', { topics: ['gs', 'hs'], ordered: true, ...more });
      expect(made).toMatchObject({ ordered: true, historyRequired: more.historyRequired === true });
      const rows = await api.db.knex('lanes').where({ subscription_id: made.id }).orderBy('topic');
      return rows.map(({ topic, state }) => `${topic} ${state}`);
    };
    expect(await lanesOf({})).toEqual(['gs idle', 'hs idle']);
    expect(await lanesOf({ historyRequired: true })).toEqual(['gs awaiting_history', 'hs idle']);
  });

  test('takes every setting at its limits', async () => {
    const low = { timeoutMs: 100, retry: [1], maxInFlight: 1, description: '' };
    expect(await api.subscribe('shop', low)).toMatchObject(low);
    const waits = new Array(50).fill(86_400);
    const high = { timeoutMs: 60_000, retry: waits, maxInFlight: 100, description: '語'.repeat(1000) };
    expect(await api.subscribe('shop', high)).toMatchObject(high);
    expect(await api.subscribe('shop', { retry: 'push', description: null })).toMatchObject({ retry: 'push' });
    expect(await api.subscribe('shop', { retry: [] })).toMatchObject({ retry: [] });
  });

  test('by operators names the app, and only one that they may act for', async () => {
    const make = (key: 'operator' | 'acmeOperator', app: object) =>
      api.call(key, 'POST', '/v1/subscriptions', { ...INPUT, ...app });
    expect((await make('operator', { tenantId: 'rival', appId: 'spy' })).body).toMatchObject({
      tenantId: 'rival',
      appId: 'spy',
    });
    expect((await make('acmeOperator', { appId: 'desk' })).body).toMatchObject({ tenantId: 'acme', appId: 'desk' });
    expect(await make('operator', { appId: 'spy' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'tenantId' }] },
    });
    expect(await make('acmeOperator', {})).toMatchObject({ status: 400, body: { errors: [{ field: 'appId' }] } });
    expect((await make('acmeOperator', { tenantId: 'rival', appId: 'spy' })).status).toBe(403);
    expect((await make('operator', { tenantId: 'acme', appId: 'no' })).status).toBe(404);
    expect((await make('operator', { tenantId: 'no', appId: 'shop' })).status).toBe(404);
  });

  test('by a subscriber is for its own app, and never by a portal user', async () => {
    const make = (app: object) => api.call('shop', 'POST', '/v1/subscriptions', { ...INPUT, ...app });
    expect((await make({ tenantId: 'acme', appId: 'shop' })).status).toBe(201);
    expect((await make({ appId: 'desk' })).status).toBe(403);
    expect((await make({ tenantId: 'rival' })).status).toBe(403);
    expect((await api.call('portalUser', 'POST', '/v1/subscriptions', INPUT)).status).toBe(403);
  });

  test('names every topic that is not in the catalogue', async () => {
    const refused = await api.call('shop', 'POST', '/v1/subscriptions', { ...INPUT, topics: ['gs', 'no', 'GS'] });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ field: 'topics' }] } });
    expect(refused.body.detail).toMatch(/no, GS/);
  });

  test.each([
    'http://10.0.0.1/',
    'http://[::1]/',
    'http://2130706433/',
    'ftp://a.example/',
    'https://u:p@a.example/',
    '/relative',
    'https://',
    'http://a.example:0/',
  ])('refuses the callback %s', async (callbackUrl) => {
    const refused = await api.call('shop', 'POST', '/v1/subscriptions', { ...INPUT, callbackUrl });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ field: 'callbackUrl' }] } });
  });
});

describe('what it matches', () => {
  test('is its topics, in its own tenant, from the answer on', async () => {
    const { id } = await api.subscribe('desk', { topics: ['octo/hello'] });
    const matched = async (event: { topic: string; tenantId?: string }) =>
      (await api.publish(event)).deliveryIds.length;
    expect(await matched({ topic: 'octo/hello' })).toBe(1);
    expect(await matched({ topic: 'octo/hello', tenantId: 'rival' })).toBe(0);
    expect(await matched({ topic: 'Octo/hello' })).toBe(0);
    expect((await api.call('desk', 'DELETE', `/v1/subscriptions/${id}`)).body).toEqual({ cancelled: 1 });
    expect(await matched({ topic: 'octo/hello' })).toBe(0);
  });
});

describe('changing one', () => {
  test('changes what is named, bumps the version, and leaves the rest', async () => {
    const made = await api.subscribe('desk');
    const before = await row(made.id);
    const change = {
      callbackUrl: 'https://other.example/',
      timeoutMs: 500,
      retry: [5],
      maxInFlight: 3,
      description: 'd',
    };
    const changed = await api.call('desk', 'PATCH', `/v1/subscriptions/${made.id}`, change);
    expect(changed).toEqual({ status: 200, body: { ...made, ...change, updatedAt: TIMESTAMP } });
    const after = await row(made.id);
    expect(Number(after.version)).toBe(Number(before.version) + 1);
    const cleared = await api.call('acmeOperator', 'PATCH', `/v1/subscriptions/${made.id}`, { description: null });
    expect(cleared.body).toEqual({ ...changed.body, description: null, updatedAt: TIMESTAMP });
    expect((await api.call('desk', 'PATCH', `/v1/subscriptions/${made.id}`, {})).status).toBe(200);
  });

  test('cancels what is pending of a topic that is taken out, and nothing that comes when it is back', async () => {
    const { id } = await api.subscribe('desk', { topics: ['gs', 'octo/hello'] });
    await api.publish({ topic: 'octo/hello' });
    const kept = await api.publish({ topic: 'gs' });
    const changed = await api.call('desk', 'PATCH', `/v1/subscriptions/${id}`, { topics: ['hs', 'gs'] });
    expect(changed.body).toMatchObject({ topics: ['hs', 'gs'], cancelled: 1 });
    expect((await api.publish({ topic: 'octo/hello' })).deliveryIds).toHaveLength(0);
    const back = await api.call('desk', 'PATCH', `/v1/subscriptions/${id}`, { topics: ['gs', 'hs', 'octo/hello'] });
    expect(back.body.cancelled).toBe(0);
    const { deliveryIds } = await api.publish({ topic: 'octo/hello' });
    const pending = await api.call('desk', 'GET', `/v1/deliveries?subscriptionId=${id}&state=pending`);
    const ids = pending.body.data.map((each: { id: string }) => each.id);
    expect(ids).toEqual([deliveryIds[0], kept.deliveryIds.find((each) => ids.includes(each))]);
  });

  test('cancels what was accepted while the change waited for its turn', async () => {
    const { id } = await api.subscribe('spy', { topics: ['gs', 'octo/hello'] });
    let deliveryId = '';
    const change = await api.db.knex.transaction(async (trx) => {
      await trx('subscriptions').where({ id }).forUpdate().select('id');
      const changing = api.call('spy', 'PATCH', `/v1/subscriptions/${id}`, { topics: ['gs'] });
      await waitForBlocked(api.db.knex, /from "subscriptions" .*for update/, { timeoutMs: 5000 });
      [deliveryId = ''] = (await api.publish({ tenantId: 'rival', topic: 'octo/hello' })).deliveryIds;
      return { changing };
    });
    expect((await change.changing).body.cancelled).toBe(1);
    const { body } = await api.call('spy', 'GET', `/v1/deliveries/${deliveryId}`);
    expect(body).toMatchObject({ state: 'cancelled', reason: 'topic_dropped' });
  });

  test.each(['ordered', 'historyRequired'])('%s cannot be changed', async (field) => {
    const { id } = await api.subscribe('shop');
    const refused = await api.call('shop', 'PATCH', `/v1/subscriptions/${id}`, { [field]: true });
    expect(refused).toMatchObject({ status: 409, body: { errors: [{ field }] } });
  });

  test('one of another interface is done there', async () => {
    const { id } = await api.subscribe('shop');
    await api.db.knex('subscriptions').where({ id }).update({ interface: 'cmdb' });
    expect((await api.call('shop', 'PATCH', `/v1/subscriptions/${id}`, { timeoutMs: 500 })).status).toBe(409);
    expect((await api.call('shop', 'DELETE', `/v1/subscriptions/${id}`)).status).toBe(409);
    expect((await api.call('shop', 'POST', `/v1/subscriptions/${id}/pause`)).status).toBe(200);
    expect((await api.call('shop', 'GET', `/v1/subscriptions/${id}/secret`)).status).toBe(200);
  });
});

describe('deleting one', () => {
  test('cancels what is pending, ends it for every call, and its deliveries stay readable', async () => {
    const { id } = await api.subscribe('spy', { topics: ['octo/hello'] });
    const published = await api.publish({ tenantId: 'rival', topic: 'octo/hello' });
    const [deliveryId = ''] = published.deliveryIds;
    expect(await api.call('spy', 'DELETE', `/v1/subscriptions/${id}`)).toEqual({ status: 200, body: { cancelled: 1 } });
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/pause'],
      ['POST', '/resume'],
      ['GET', '/secret'],
      ['POST', '/secret/rotate'],
    ] as const) {
      const body = method === 'PATCH' ? {} : undefined;
      const { status } = await api.call('spy', method, `/v1/subscriptions/${id}${path}`, body);
      expect({ method, path, status }).toEqual({ method, path, status: 404 });
    }
    const listed = await api.call('spy', 'GET', '/v1/subscriptions');
    expect(listed.body.data.map((each: { id: string }) => each.id)).not.toContain(id);
    expect((await api.call('spy', 'GET', `/v1/deliveries/${deliveryId}`)).body).toMatchObject({
      state: 'cancelled',
      reason: 'subscription_deleted',
      finishedAt: TIMESTAMP,
    });
    expect((await api.call('spy', 'GET', `/v1/deliveries?subscriptionId=${id}`)).body.data).toHaveLength(1);
    expect((await api.call('spy', 'POST', `/v1/deliveries/${deliveryId}/retry`)).status).toBe(409);
  });

  test('twice at once deletes once', async () => {
    const { id } = await api.subscribe('shop');
    const answers = await Promise.all([1, 2, 3].map(() => api.call('shop', 'DELETE', `/v1/subscriptions/${id}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
  });
});

describe('pause and resume', () => {
  test('change the state and the version, and twice is once', async () => {
    const { id } = await api.subscribe('shop');
    const before = Number((await row(id)).version);
    for (const [verb, state, version] of [
      ['pause', 'paused', before + 1],
      ['pause', 'paused', before + 1],
      ['resume', 'active', before + 2],
      ['resume', 'active', before + 2],
    ] as const) {
      expect(await api.call('shop', 'POST', `/v1/subscriptions/${id}/${verb}`)).toMatchObject({
        status: 200,
        body: { id, state },
      });
      expect(Number((await row(id)).version)).toBe(version);
    }
  });
});

describe('signing secrets', () => {
  const SECRET = expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/);

  test('are encrypted at rest, and rotate with an overlap, the newest first', async () => {
    const { id } = await api.subscribe('shop');
    const path = `/v1/subscriptions/${id}/secret`;
    const first = await api.call('shop', 'GET', path);
    expect(first).toEqual({ status: 200, body: { secret: SECRET, previous: [] } });
    const [stored] = await api.db.knex('subscription_secrets').where({ subscription_id: id });
    expect(stored.ciphertext.toString('latin1')).not.toContain(first.body.secret.slice(6));

    const before = Number((await row(id)).version);
    const second = await api.call('shop', 'POST', `${path}/rotate`, {});
    expect(second).toEqual({
      status: 200,
      body: { secret: SECRET, previous: [{ secret: first.body.secret, expiresAt: TIMESTAMP }] },
    });
    expect(Number((await row(id)).version)).toBe(before + 1);
    expect(Date.parse(second.body.previous[0].expiresAt) - Date.now()).toBeGreaterThan(86_000_000);
    const third = await api.call('shop', 'POST', `${path}/rotate`, { overlapSeconds: 604_800 });
    expect(third.body.previous.map(({ secret }: { secret: string }) => secret)).toEqual([
      second.body.secret,
      first.body.secret,
    ]);
    expect(await api.call('acmeOperator', 'GET', path)).toEqual({ status: 200, body: third.body });
  });

  test('without overlap, the present one is gone at once', async () => {
    const { id } = await api.subscribe('shop');
    const rotated = await api.call('shop', 'POST', `/v1/subscriptions/${id}/secret/rotate`, { overlapSeconds: 0 });
    expect(rotated.body.previous).toEqual([]);
  });

  test('at most 5 are live, also when rotated at once', async () => {
    const { id } = await api.subscribe('shop');
    const path = `/v1/subscriptions/${id}/secret`;
    const answers = await Promise.all([1, 2, 3, 4, 5, 6, 7].map(() => api.call('shop', 'POST', `${path}/rotate`, {})));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 409, 409, 409]);
    const { body } = await api.call('shop', 'GET', path);
    expect(new Set([body.secret, ...body.previous.map(({ secret }: { secret: string }) => secret)]).size).toBe(5);
  });
});

test('lists are newest first, page by page, inside the scope', async () => {
  await api.subscribe('spy');
  const ids = async (key: 'operator' | 'acmeOperator' | 'desk' | 'portalUser', query = '') => {
    const { body } = await api.call(key, 'GET', `/v1/subscriptions?limit=500${query}`);
    return body.data.map((each: { id: string }) => each.id);
  };
  const all = await ids('operator');
  expect(all).toEqual([...all].sort().reverse());
  const paged = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body } = await api.call('operator', 'GET', `/v1/subscriptions?limit=3${cursor && `&cursor=${cursor}`}`);
    paged.push(...body.data.map((each: { id: string }) => each.id));
    cursor = body.nextCursor;
  }
  expect(paged).toEqual(all);
  const acme = await ids('acmeOperator');
  expect(acme.length).toBeLessThan(all.length);
  expect(acme).toEqual(expect.arrayContaining(await ids('desk')));
  expect(await ids('portalUser')).toEqual([]);
});
