import { type CmdbApi, refused, SAMPLE, SUBSCRIBE, startCmdbApi } from './cmdbApi';

const [NOT_JSON, INVALID, NOT_SET, PATTERN, NOT_FOUND] = [1199000, 1199006, 1199010, 1199016, 1199019];

jest.setTimeout(60_000);

let api: CmdbApi;
let id: number;
/** All that there is before every call, with a subscription that each could change, and an event that it has. */
let before: string;
beforeAll(async () => {
  api = await startCmdbApi();
  id = await api.made({ subscription_name: 'first' });
  await api.publish({ topic: 'hostcreate' });
  before = await api.everything();
});
afterEach(async () => expect(await api.everything()).toBe(before));
afterAll(() => api.stop());

const UNSET = [undefined, null, '', ' \t '];
const NO_TEXT = [7, true, {}, ['x'], 'x'.repeat(257), 'a\0', '\ud800'];
const NO_URL = [
  ...[7, {}, ['http://a.example/'], 'ftp://a.example/', 'https://', '/relative', 'a b.example', 'a\0'],
  ...['a.example:99999', `http://a.example/${'x'.repeat(2048)}`, 'javascript:alert(1)'],
];
const FORBIDDEN = [
  'http://a.example:0/',
  'http://u:p@a.example/',
  'http://10.0.0.1/',
  '127.0.0.1:8080/x',
  '[::1]/',
  '2130706433',
];
const settings = { ...SAMPLE, subscription_name: 'second' };

/** Field → the code of each value. */
type Bad = Record<string, [code: number, values: unknown[]][]>;

const SETTINGS: Bad = {
  bk_biz_id: [[INVALID, [3, -1, 2.5, '2', {}, true, 1e300]]],
  bk_supplier_account: [[INVALID, ['rival', '', 7, {}, ['acme']]]],
  subscription_name: [
    [NOT_SET, UNSET],
    [INVALID, NO_TEXT],
  ],
  system_name: [
    [NOT_SET, UNSET],
    [INVALID, NO_TEXT],
  ],
  callback_url: [
    [NOT_SET, UNSET],
    [INVALID, [...NO_URL, ...FORBIDDEN]],
  ],
  confirm_mode: [
    [NOT_SET, [undefined, null, '']],
    [INVALID, ['HTTPSTATUS', 'status', 0, 3, '0', 1.5, true, {}, ['httpstatus']]],
  ],
  confirm_pattern: [
    [INVALID, [200, ['200'], {}, true, 'ok', '20', '2000', '099', '600', '200;201', '200,', ',', '200\0']],
  ],
  subscription_form: [
    [NOT_SET, [...UNSET, ',', ' , ,, ']],
    [INVALID, [7, {}, ['host'], 'host\0', 'x'.repeat(257), `host,${'x'.repeat(257)}`, 'x'.repeat(65_537)]],
    [INVALID, [Array.from({ length: 1001 }, (_, at) => `x${at}`).join(',')]],
  ],
  timeout: [
    [NOT_SET, [undefined, null]],
    [INVALID, [0, -1, 61, 1.5, 1e300, '10', '', true, {}, [10]]],
  ],
};
const SEARCH: Bad = {
  bk_biz_id: [[INVALID, [3]]],
  page: [[INVALID, ['1', 7, true, [], [1]]]],
  'page.start': [[INVALID, [-1, -1e300, 1.5, '0', '', true, {}, []]]],
  'page.limit': [[INVALID, [1.5, '10', '', true, {}, []]]],
  'page.sort': [[INVALID, [7, true, {}, [], 'x'.repeat(2049), 'a\0']]],
  condition: [[INVALID, ['x', 7, true, []]]],
  'condition.subscription_name': [[INVALID, [7, true, {}, [], 'a\0', '\ud800']]],
  'condition.operator': [[INVALID, ['user']]],
};
const TEST_CALL: Bad = {
  callback_url: [
    [NOT_SET, UNSET],
    [INVALID, NO_URL],
  ],
};

const CALLS: { name: string; method: string; path: () => string; good: Record<string, unknown>; bad: Bad }[] = [
  { name: 'subscribe', method: 'POST', path: () => `${SUBSCRIBE}/acme/2`, good: settings, bad: SETTINGS },
  { name: 'modify', method: 'PUT', path: () => `${SUBSCRIBE}/acme/2/${id}`, good: settings, bad: SETTINGS },
  {
    ...{ name: 'unsubscribe', method: 'DELETE', path: () => `${SUBSCRIBE}/acme/2/${id}`, good: {} },
    bad: { bk_biz_id: [[INVALID, [3, '2']]], bk_supplier_account: [[INVALID, ['rival', 7]]] },
  },
  { name: 'search', method: 'POST', path: () => `${SUBSCRIBE}/search/acme/2`, good: { page: {} }, bad: SEARCH },
  {
    ...{ name: 'ping', method: 'POST', path: () => `${SUBSCRIBE}/ping`, good: { callback_url: 'a.example', data: {} } },
    bad: {
      ...TEST_CALL,
      data: [
        [NOT_SET, [undefined, null, '']],
        [INVALID, ['\ud800', { a: ['\udfff'] }]],
      ],
    },
  },
  {
    ...{ name: 'telnet', method: 'POST', path: () => `${SUBSCRIBE}/telnet`, good: { callback_url: 'a.example' } },
    bad: TEST_CALL,
  },
];

const FIELD_CASES = CALLS.flatMap(({ bad, ...call }) =>
  Object.entries(bad).flatMap(([field, groups]) =>
    groups.flatMap(([code, values]) =>
      values.map((value) => ({ ...call, field, code, value, shown: String(JSON.stringify(value)).slice(0, 40) })),
    ),
  ),
);

/** `good` with one field, perhaps inside another, set. */
function withField(good: Record<string, unknown>, field: string, value: unknown): Record<string, unknown> {
  const [outer = '', inner] = field.split('.');
  return { ...good, [outer]: inner === undefined ? value : { [inner]: value } };
}

test.each(FIELD_CASES)('$name: $field cannot be $shown', async ({ method, path, good, field, code, value }) => {
  const { status, body } = await api.send(method, path(), { body: JSON.stringify(withField(good, field, value)) });
  expect({ status, body }).toEqual({ status: 200, body: refused(code, new RegExp(`^${field}: .+`)) });
  expect(body.bk_error_msg.length).toBeLessThan(10_000);
});

describe.each(CALLS)('$name', ({ method, path, good }) => {
  test.each(['{', '{"a":1}x', `${'['.repeat(65)}${']'.repeat(65)}`])('takes no body like %s', async (body) => {
    expect(await api.send(method, path(), { body })).toMatchObject({ status: 200, body: refused(NOT_JSON) });
  });

  test.each(['null', '[]', '"x"', '7', 'true'])('takes no body that is %s', async (body) => {
    expect(await api.send(method, path(), { body })).toMatchObject({ status: 200, body: refused(INVALID, /^body: /) });
  });

  test('takes no body that is not UTF-8', async () => {
    const headers = { authorization: api.keys.shop, 'content-type': 'application/json' };
    const body = Buffer.from(JSON.stringify({ ...good, more: 'é' }), 'latin1');
    const response = await fetch(api.url + path(), { method, headers, body });
    expect([response.status, await response.json()]).toEqual([200, refused(NOT_JSON)]);
  });

  test('takes no body beyond its bound', async () => {
    const body = JSON.stringify({ ...good, more: 'x'.repeat(1024 * 1024) });
    expect(await api.send(method, path(), { body })).toMatchObject({ status: 413, body: refused(NOT_JSON) });
  });

  test.each(['application/xml', 'multipart/form-data'])('takes no %s', async (type) => {
    const answer = await api.send(method, path(), { body: JSON.stringify(good), headers: { 'content-type': type } });
    expect(answer).toMatchObject({ status: 415, body: refused(NOT_JSON) });
  });

  test('takes no body of an encoding that it does not know', async () => {
    const answer = await api.send(method, path(), { body: '{}', headers: { 'content-encoding': 'deflate' } });
    expect(answer).toMatchObject({ status: 415, body: refused(NOT_JSON) });
  });

  test.each(['no', 'wrong', 'revoked'])('with %s key', async (kind) => {
    const made = await api.call('operator', 'POST', '/v1/keys', {
      tenantId: 'acme',
      appId: 'shop',
      roles: ['subscriber'],
    });
    await api.call('operator', 'DELETE', `/v1/keys/${made.body.id}`);
    const authorization = { wrong: api.keys.shop.replace(/.$/, '!'), revoked: made.body.key }[kind];
    const headers = authorization ? { authorization } : undefined;
    const answer = await api.send(method, path(), { key: null, body: JSON.stringify(good), headers });
    expect(answer).toMatchObject({ status: 401, body: refused(NOT_JSON) });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  test.each(['producer', 'platform', 'portalUser'] as const)('with a key of %s', async (key) => {
    const answer = await api.send(method, path(), { key, body: JSON.stringify(good) });
    expect(answer).toMatchObject({ status: 403, body: refused(NOT_JSON) });
  });

  test.each(['vx', 'v', '3', 'V3'])('of version %s', async (version) => {
    const answer = await api.send(method, path().replace('v3', version), { body: JSON.stringify(good) });
    expect(answer).toMatchObject({ status: 404, body: refused(NOT_JSON) });
  });
});

test.each(['regular', 2, '2'])('%j needs a pattern', async (confirm_mode) => {
  for (const confirm_pattern of [undefined, null, '']) {
    const { body } = await api.subscribe({ ...settings, confirm_mode, confirm_pattern });
    expect(body).toEqual(refused(NOT_SET, /^confirm_pattern: /));
  }
});

test.each(['(', '[a', '*a', 'a{2000}', '(?=a)', '(?<!a)b', '(a)\\1', '\\', '[ab]{600}x|[cd]{600}y'])(
  '%s is no pattern',
  async (confirm_pattern) => {
    const given = { ...settings, confirm_mode: 'regular', confirm_pattern };
    expect((await api.subscribe(given)).body).toEqual(refused(PATTERN, /^confirm_pattern: /));
    expect((await api.modify(id, given)).body).toEqual(refused(PATTERN, /^confirm_pattern: /));
  },
);

test.each(['x'.repeat(1025), '成'.repeat(400), 'a\0', '\ud800'])(
  'a pattern has its bound: %#',
  async (confirm_pattern) => {
    const { body } = await api.subscribe({ ...settings, confirm_mode: 'regular', confirm_pattern });
    expect(body).toEqual(refused(INVALID, /^confirm_pattern: /));
  },
);

test('each field that is missing is named, the first gives the number', async () => {
  const { body } = await api.send('POST', `${SUBSCRIBE}/acme/2`, { body: '{"timeout":0}' });
  expect(body).toEqual(refused(NOT_SET));
  for (const field of ['subscription_name', 'system_name', 'callback_url', 'confirm_mode', 'subscription_form']) {
    expect(body.bk_error_msg).toContain(`${field}: is not set`);
  }
  expect(body.bk_error_msg).toContain('timeout: must be');
});

test.each(['u'.repeat(129), '管'.repeat(43), 'a\tb'])('BK_USER cannot be %j', async (user) => {
  expect(await api.subscribe(settings, { user })).toEqual({ status: 200, body: refused(INVALID, /^BK_USER: /) });
  expect(await api.modify(id, settings, { user })).toEqual({ status: 200, body: refused(INVALID, /^BK_USER: /) });
});

test.each(['x', '-1', '1.5', '99999999999999999999', '%20'])('a business cannot be %s', async (biz) => {
  const invalid = { status: 200, body: refused(INVALID, /^bk_biz_id: /) };
  expect(await api.subscribe(settings, { biz })).toEqual(invalid);
  expect(await api.modify(id, settings, { biz })).toEqual(invalid);
  expect(await api.unsubscribe(id, {}, { biz })).toEqual(invalid);
  expect(await api.search({}, { biz })).toEqual(invalid);
});

test.each([
  ['x', INVALID],
  ['-1', INVALID],
  ['1.5', INVALID],
  ['0', NOT_FOUND],
  ['4711', NOT_FOUND],
  ['9'.repeat(30), NOT_FOUND],
])('there is no subscription %s', async (number, code) => {
  expect(await api.modify(number, settings)).toEqual({ status: 200, body: refused(code) });
  expect(await api.unsubscribe(number)).toEqual({ status: 200, body: refused(code) });
});

test.each([
  ['GET', '/acme/2', 405, 'POST'],
  ['POST', `/acme/2/1`, 405, 'PUT, DELETE'],
  ['DELETE', '/search/acme/2', 405, 'POST'],
  ['GET', '/ping', 405, 'POST'],
  ['PUT', '/telnet', 405, 'POST'],
  ['POST', '', 404, null],
  ['POST', '/acme', 404, null],
  ['POST', '/acme/2/', 404, null],
  ['POST', '/acme/2/1/1', 404, null],
])('%s %s is refused in the form of the interface', async (method, path, status, allow) => {
  const answer = await api.send(method, SUBSCRIBE + path);
  expect(answer).toMatchObject({ status, body: refused(NOT_JSON) });
  expect(answer.headers.get('allow')).toBe(allow);
});

test('a path that is not percent-encoded as it must be', async () => {
  expect(await api.send('POST', `${SUBSCRIBE}/%zz/2`)).toMatchObject({ status: 200, body: refused(INVALID) });
});
