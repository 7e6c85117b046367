import { type DataPushApi, SHOP, startDataPushApi } from './dataPushApi';

let api: DataPushApi;
/** All that there is before every call, with a registration that each could change. */
let before: string;
beforeAll(async () => {
  api = await startDataPushApi();
  await api.register(['gs', 'hs']);
  await api.publish();
  await api.setLane('hs', { state: 'stopped', reason: '503' });
  before = await api.everything();
});
afterEach(async () => expect(await api.everything()).toBe(before));
afterAll(() => api.stop());

const LONE_SURROGATE = '\ud800';
const NO_ID = [undefined, null, '', ' ', 7, {}, ['acme'], 'x'.repeat(129), 'a\0'];
const NO_TOPICS = [
  'gs',
  7,
  {},
  true,
  [''],
  ['gs', ' '],
  [null],
  [7],
  ['x'.repeat(129)],
  [LONE_SURROGATE],
  new Array(1001).fill('gs'),
  Array.from({ length: 10_000 }, (_, at) => `topic${at}`),
  new Array(10_000).fill(''),
];

const CALLS: { path: string; good: Record<string, unknown>; bad: Record<string, unknown[]> }[] = [
  {
    path: '/topics/subscribe',
    good: { ...SHOP, webhookUrl: 'https://other.example/', topicList: ['open'] },
    bad: {
      tenantId: NO_ID,
      appId: NO_ID,
      topicList: [...NO_TOPICS, ['nowhere'], ['gs', 'GS']],
      webhookUrl: [
        undefined,
        null,
        '',
        7,
        {},
        'nowhere',
        '/relative',
        'https://',
        'ftp://a.example/',
        'https://u:p@a.example/',
        'http://a.example:0/',
        'http://10.0.0.1/',
        'http://[::1]/',
        'http://2130706433/',
        'https://a.example/ x',
        `https://a.example/${'x'.repeat(2048)}`,
      ],
    },
  },
  {
    path: '/topics/historyProcessed',
    good: { ...SHOP, topicList: ['gs'] },
    bad: { tenantId: NO_ID, appId: NO_ID, topicList: NO_TOPICS },
  },
  {
    path: '/topics/activate',
    good: { ...SHOP, topicList: ['hs'], since: Date.now() },
    bad: {
      tenantId: ['', ' ', 7, {}],
      appId: ['', ' ', 7, {}],
      topicList: NO_TOPICS,
      since: [
        '',
        'yesterday',
        '2026-01-01',
        '2026-01-01T00:00:00',
        -1,
        0,
        1_760_000_000,
        1.5,
        1e21,
        999999999999999,
        true,
        {},
        [],
      ],
    },
  },
];

const FIELD_CASES = CALLS.flatMap(({ path, good, bad }) =>
  Object.entries(bad).flatMap(([field, values]) =>
    values.map((value) => ({ path, good, field, value, shown: String(JSON.stringify(value)).slice(0, 40) })),
  ),
);

test.each(FIELD_CASES)('$path: $field cannot be $shown', async ({ path, good, field, value }) => {
  const { status, body } = await api.call('shop', 'POST', path, { ...good, [field]: value });
  expect({ status, body }).toEqual({ status: 400, body: { code: '400', message: expect.any(String) } });
  expect(body.message).toMatch(new RegExp(`(^|; )${field}(\\.\\d+)?: .+`));
  expect(body.message.length).toBeLessThan(10_000);
});

test('a topic that is not in the catalogue is named', async () => {
  const { body } = await api.register(['gs', 'nowhere', 'GS']);
  expect(body.message).toMatch(/^topicList: .*nowhere, GS$/);
});

test('each field that is missing is named', async () => {
  const { body } = await api.call('shop', 'POST', '/topics/subscribe', {});
  for (const field of ['tenantId', 'appId', 'webhookUrl']) expect(body.message).toContain(`${field}: `);
});

describe.each(CALLS)('$path', ({ path, good }) => {
  const post = (body: string, headers: Record<string, string> = { authorization: api.keys.shop }) =>
    fetch(api.url + path, { method: 'POST', headers, body });

  test.each(['{', 'null', '[]', '"x"', '7', '{"a":1}x', `${'['.repeat(65)}${']'.repeat(65)}`])(
    'takes no body like %s',
    async (text) => {
      const response = await post(text);
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(await response.json()).toEqual({ code: '400', message: expect.any(String) });
    },
  );

  test('takes no body beyond its bound', async () => {
    const response = await post(JSON.stringify({ ...good, more: 'x'.repeat(1024 * 1024) }));
    expect([response.status, await response.json()]).toEqual([413, { code: '413', message: expect.any(String) }]);
  });

  test.each(['no', 'wrong', 'revoked'])('with %s key', async (kind) => {
    const made = await api.call('operator', 'POST', '/v1/keys', { ...SHOP, roles: ['subscriber'] });
    await api.call('operator', 'DELETE', `/v1/keys/${made.body.id}`);
    const authorization = { wrong: api.keys.shop.replace(/.$/, '!'), revoked: made.body.key }[kind];
    const response = await post(JSON.stringify(good), authorization ? { authorization } : {});
    expect([response.status, await response.json()]).toEqual([401, { code: '401', message: expect.any(String) }]);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  test.each(['producer', 'platform'] as const)('with a key of role %s', async (key) => {
    expect(await api.call(key, 'POST', path, good)).toEqual({
      status: 403,
      body: { code: '403', message: expect.any(String) },
    });
  });

  test.each([
    ['desk', {}, 'appId'],
    ['shop', { appId: 'desk' }, 'appId'],
    ['shop', { tenantId: 'rival' }, 'tenantId'],
    ['shop', { tenantId: 'nowhere' }, 'tenantId'],
    ['spy', {}, 'tenantId'],
    ['rivalOperator', {}, 'tenantId'],
    ['acmeOperator', { tenantId: 'rival', appId: 'spy' }, 'tenantId'],
  ] as const)('%s may not act for %j', async (key, app, field) => {
    const { status, body } = await api.call(key, 'POST', path, { ...good, ...app });
    expect({ status, code: body.code }).toEqual({ status: 403, code: '403' });
    expect(body.message).toMatch(new RegExp(`^${field}: `));
  });

  test("a portal user's key acts for no app", async () => {
    expect((await api.call('portalUser', 'POST', path, good)).status).toBe(403);
  });
});

test.each([
  ['GET', '/topics/nowhere', 404],
  ['POST', '/topics/subscribe/', 404],
  ['POST', '/topics', 405],
  ['GET', '/topics/subscribe', 405],
  ['GET', '/topics/%zz', 404],
])('%s %s is refused in the form of the interface', async (method, path, status) => {
  const answer = await api.call('shop', method, path);
  expect(answer).toEqual({ status, body: { code: `${status}`, message: expect.any(String) } });
});

test('a path that only begins alike is not of the interface', async () => {
  expect((await api.call('shop', 'GET', '/topicsfoo')).body).toMatchObject({ title: 'Not Found' });
});
