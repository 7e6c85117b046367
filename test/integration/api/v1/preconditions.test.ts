import { startNativeApi } from './nativeApi';

let api: Awaited<ReturnType<typeof startNativeApi>>;

beforeAll(async () => {
  api = await startNativeApi();
});
afterAll(() => api.stop());

function send(
  method: string,
  path: string,
  { body, ...headers }: Record<string, string | undefined> & { body?: string } = {},
) {
  const given = Object.entries({ authorization: api.keys.shop, ...headers }).filter(([, value]) => value !== undefined);
  return fetch(api.url + path, { method, headers: Object.fromEntries(given) as Record<string, string>, body });
}

async function made() {
  const { id } = await api.subscribe('shop');
  const path = `/v1/subscriptions/${id}`;
  const answer = await send('GET', path);
  return { path, etag: answer.headers.get('etag') ?? '', body: (await answer.json()) as Record<string, unknown> };
}

test('an ETag holds while nothing has changed, and no longer', async () => {
  const { path, etag } = await made();
  expect(etag).toMatch(/^"[\w-]+"$/);
  const known = await send('GET', path, { 'if-none-match': `"x", W/${etag}` });
  expect([known.status, known.headers.get('etag'), await known.text()]).toEqual([304, etag, '']);
  const changed = await send('PATCH', path, { 'if-match': etag, body: '{"timeoutMs":700}' });
  expect(changed.status).toBe(200);
  expect(changed.headers.get('etag')).not.toBe(etag);
  const again = await send('GET', path, { 'if-none-match': etag });
  expect([again.status, again.headers.get('etag')]).toEqual([200, changed.headers.get('etag')]);
});

test.each([
  ['PATCH', '', '{"timeoutMs":800}'],
  ['DELETE', '', undefined],
  ['POST', '/pause', undefined],
  ['POST', '/resume', undefined],
  ['POST', '/secret/rotate', '{}'],
])("%s %s with the ETag of somebody else's change before it: 412, and nothing happens", async (method, more, body) => {
  const { path, etag } = await made();
  await send('PATCH', path, { body: '{"timeoutMs":900}' });
  const before = await (await send('GET', path)).json();
  const refused = await send(method, path + more, { 'if-match': etag, body });
  expect(refused.status).toBe(412);
  expect(await refused.json()).toMatchObject({ code: 'precondition_failed', errors: [{ field: 'If-Match' }] });
  expect(await (await send('GET', path)).json()).toEqual(before);
  const now = (await send('GET', path)).headers.get('etag') ?? '';
  expect((await send(method, path + more, { 'if-match': `"other", ${now}`, body })).status).toBe(200);
});

test('of two changes at once with one ETag, one is made', async () => {
  const { path, etag } = await made();
  const answers = await Promise.all(
    [500, 600, 700, 800].map((timeoutMs) =>
      send('PATCH', path, { 'if-match': etag, body: JSON.stringify({ timeoutMs }) }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
});

test('* is any; a weak one is none', async () => {
  const { path, etag } = await made();
  expect((await send('PATCH', path, { 'if-match': '*', body: '{"timeoutMs":500}' })).status).toBe(200);
  expect((await send('PATCH', path, { 'if-match': `W/${etag}`, body: '{"timeoutMs":501}' })).status).toBe(412);
});

describe('PATCH takes what GET gave', () => {
  test('whole, and again, with something changed in it', async () => {
    const { path, body } = await made();
    for (let time = 0; time < 2; time++) {
      const answer = await send('PATCH', path, { body: JSON.stringify({ ...body, description: 'mine' }) });
      expect([answer.status, await answer.json()]).toMatchObject([
        200,
        { ...body, description: 'mine', updatedAt: expect.any(String) },
      ]);
    }
  });

  test.each([
    ['id', '0'],
    ['interface', 'cmdb'],
    ['tenantId', 'rival'],
    ['appId', 'desk'],
    ['ordered', true],
    ['historyRequired', true],
    ['state', 'paused'],
    ['createdAt', '2020-01-01T00:00:00.000Z'],
  ])('but no other %s', async (field, value) => {
    const { path, body } = await made();
    const answer = await send('PATCH', path, { body: JSON.stringify({ ...body, [field]: value }) });
    expect([answer.status, await answer.json()]).toMatchObject([409, { code: 'read_only', errors: [{ field }] }]);
  });

  test('nor somebody else’s', async () => {
    const { path, body } = await made();
    const answer = await send('PATCH', path, { authorization: api.keys.spy, body: JSON.stringify(body) });
    expect(answer.status).toBe(404);
  });

  test('of apps, topics and target types too', async () => {
    const operator = { authorization: api.keys.operator };
    const first = async (path: string, field: string, value: unknown) => {
      const { data } = (await (await send('GET', `${path}?limit=500`, operator)).json()) as {
        data: Record<string, unknown>[];
      };
      return data.find((each) => each[field] === value);
    };
    await send('PUT', '/v1/target-types/7', { ...operator, body: '{"name":"seven"}' });
    for (const [method, path, item] of [
      ['PATCH', '/v1/apps/acme/shop', await first('/v1/apps', 'id', 'shop')],
      ['PUT', '/v1/topics/octo%2Fhello', await first('/v1/topics', 'topic', 'octo/hello')],
      ['PUT', '/v1/target-types/7', await first('/v1/target-types', 'number', 7)],
    ] as const) {
      const taken = await send(method, path, { ...operator, body: JSON.stringify(item) });
      expect([path, taken.status]).toEqual([path, 200]);
      const other = { ...item, ...(path.includes('apps') ? { id: 'x' } : { topic: 'x', number: 8 }) };
      const refused = await send(method, path, { ...operator, body: JSON.stringify(other) });
      expect([path, [400, 409].includes(refused.status)]).toEqual([path, true]);
    }
  });
});

test('201 says where it is', async () => {
  const operator = { authorization: api.keys.operator };
  const calls: [string, string, object, RegExp][] = [
    ['POST', '/v1/tenants', { id: 'new~1', name: 'x' }, /^\/v1\/tenants\/new~1$/],
    ['POST', '/v1/apps', { tenantId: 'acme', id: 'new', name: 'x' }, /^\/v1\/apps\/acme\/new$/],
    ['POST', '/v1/apps/acme/shop/grants', { tenantId: 'rival' }, /^\/v1\/apps\/acme\/shop\/grants\/rival$/],
    ['POST', '/v1/keys', { tenantId: 'acme', roles: ['producer'] }, /^\/v1\/keys\/\w+$/],
    ['PUT', '/v1/topics/a%2Fb', { name: 'x' }, /^\/v1\/topics\/a%2Fb$/],
    ['PUT', '/v1/target-types/9', { name: 'x' }, /^\/v1\/target-types\/9$/],
    [
      'POST',
      '/v1/subscriptions',
      { tenantId: 'acme', appId: 'shop', callbackUrl: 'https://a.example/', topics: ['gs'] },
      /^\/v1\/subscriptions\/[\w-]+$/,
    ],
  ];
  for (const [method, path, body, location] of calls) {
    const answer = await send(method, path, { ...operator, body: JSON.stringify(body) });
    const where = answer.headers.get('location') ?? '';
    expect([path, answer.status, where]).toEqual([path, 201, expect.stringMatching(location)]);
    // A grant is read in the list of its app.
    if (!where.includes('/grants/')) expect([where, (await send('GET', where, operator)).status]).toEqual([where, 200]);
  }
});

test("the caller's request id stands in the audit record of what it changed", async () => {
  const { path } = await made();
  const answer = await send('PATCH', path, { 'x-request-id': 'order-17:a/b', body: '{"timeoutMs":700}' });
  expect([answer.status, answer.headers.get('x-request-id')]).toEqual([200, 'order-17:a/b']);
  const [record] = await api.db.knex('audit').orderBy('id', 'desc').limit(1);
  expect(record).toMatchObject({ request_id: 'order-17:a/b', route: 'PATCH /v1/subscriptions/{id}' });
});
