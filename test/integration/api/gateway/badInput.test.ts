import { ADDED, FAILURE, FROZEN, type GatewayApi, startGatewayApi } from './gatewayApi';

let api: GatewayApi;
/** All that there is before every call, with a registration that each could change, and a failed message. */
let before: string;
let id: string;
let dispatchId: string;
beforeAll(async () => {
  api = await startGatewayApi();
  id = (await api.registered(FROZEN, api.ok)).id;
  dispatchId = await api.failed(FROZEN);
  await api.publishTag(FROZEN);
  before = await api.everything();
});
beforeEach(() => api.receiver.clear());
afterEach(async () => {
  expect(await api.everything()).toBe(before);
  expect(api.receiver.hits('/ok')).toHaveLength(0);
});
afterAll(() => api?.stop());

const NO_TAG = [
  null,
  '',
  ' ',
  7,
  {},
  [ADDED],
  'x'.repeat(10_000),
  `${ADDED} `,
  ADDED.toLowerCase(),
  'a\0',
  '\ud800',
  'gs',
];
/** The host is no address as it is written, or one that may not be called, or there is none at all. */
const NO_IP = [
  ...[null, '', ' ', 7, {}, [], 'nowhere', '/relative', 'http://', 'nowhere:8080/', '127.1:8080/', 'u:p@127.0.0.1/'],
  ...['http://receiver.example/', 'http://localhost/', 'https://127.0.0.1.example/', 'http://127.0.0.1x/'],
  ...['http://2130706433/', 'http://0x7f.1/', 'http://0x7f000001/', 'http://127.1/', 'http://0177.0.0.1/'],
  ...['http://127.0.0.01/', 'http://127.0.0.1./', 'http://１２７.0.0.1/', 'http://127.0.0.256/', 'http://%31270.0.1/'],
  ...['http://[::1', 'http://[::1%25lo]/', 'http://[v1.a]/', 'http://::1/', 'http://[localhost]/'],
  ...[
    'ftp://127.0.0.1/',
    'http://u:p@127.0.0.1/',
    'http://127.0.0.1:0/',
    'http://127.0.0.1:99999/',
    'http://127.0.0.1/ x',
  ],
  ...[
    'http://10.0.0.1/',
    'http://169.254.169.254/',
    'http://[::ffff:127.0.0.1]/',
    'http://[fe80::1]/',
    'http://0.0.0.0/',
  ],
  `http://127.0.0.1/${'x'.repeat(2048)}`,
];
const NO_INSTANT = ['', 'yesterday', '2026-01-01', '2026-01-01T00:00:00', '-1', '1.5', '999999999999999'];

interface Call {
  method: string;
  path: string;
  good: Record<string, unknown>;
  bad: Record<string, unknown[]>;
}

const ELSEWHERE = 'http://127.0.0.1:9/';
const CALLS: Call[] = [
  {
    method: 'POST',
    path: '/gateway/callbacks',
    good: { eventTag: ADDED, callbackUrl: ELSEWHERE },
    bad: {
      eventTag: [undefined, ...NO_TAG],
      callbackUrl: [undefined, ...NO_IP],
      eventTags: [[ADDED]],
      format: ['json'],
      more: [1],
    },
  },
  {
    method: 'POST',
    path: '/gateway/callbacks',
    good: { eventTags: [ADDED], callbackUrl: ELSEWHERE },
    bad: {
      eventTags: [
        null,
        ADDED,
        {},
        7,
        [],
        ...NO_TAG.map((tag) => [ADDED, tag]),
        new Array(101).fill(ADDED),
        new Array(10_000).fill(''),
      ],
    },
  },
  {
    method: 'PUT',
    path: '/gateway/callbacks/{id}',
    good: { eventTag: ADDED, callbackUrl: ELSEWHERE },
    bad: { eventTag: NO_TAG, callbackUrl: NO_IP, format: [null, '', 'FORM', 'xml', 7, ['json']], more: [1] },
  },
  {
    method: 'POST',
    path: '/gateway/failedMessages/redeliver',
    good: { dispatchIds: ['{dispatchId}'] },
    bad: {
      dispatchIds: [
        ...[undefined, null, '', 'x', 7, {}, [], [null], [7], [''], [' '], [{}], [['x']], ['x'.repeat(65)], ['a\0']],
        ...[['\ud800'], new Array(201).fill('x'), new Array(10_000).fill('')],
      ],
      more: [1],
    },
  },
];

const pathOf = (path: string) => path.replace('{id}', id);
const bodyOf = (good: object) => JSON.parse(JSON.stringify(good).replace('{dispatchId}', dispatchId));

const FIELD_CASES = CALLS.flatMap(({ method, path, good, bad }) =>
  Object.entries(bad).flatMap(([field, values]) =>
    values.map((value) => ({ method, path, good, field, value, shown: String(JSON.stringify(value)).slice(0, 50) })),
  ),
);

test.each(FIELD_CASES)('$method $path: $field cannot be $shown', async ({ method, path, good, field, value }) => {
  const answer = await api.call('shop', method, pathOf(path), { ...bodyOf(good), [field]: value });
  expect(answer).toEqual(FAILURE(400));
  expect(answer.body.errmsg).toMatch(
    field === 'eventTags' ? /(^|; )eventTags?(\.\d+)?: .+/ : new RegExp(`(^|; )${field}(\\.\\d+)?: .+`),
  );
  expect(answer.body.errmsg.length).toBeLessThan(12_000);
});

test('PUT must change something', async () => {
  expect(await api.call('shop', 'PUT', pathOf('/gateway/callbacks/{id}'), {})).toEqual(FAILURE(400));
});

test.each([
  ...NO_INSTANT.flatMap((value) => [`since=${value}`, `until=${value}`]),
  ...['', 'x', 'gs', ADDED.toLowerCase()].map((tag) => `eventTag=${encodeURIComponent(tag)}`),
  ...['0', '501', '-1', '1.5', 'x', '', '99999999999'].map((limit) => `limit=${limit}`),
  ...['', 'x', 'null', 'WzFd', Buffer.from('[-1,"x"]').toString('base64url')].map((cursor) => `cursor=${cursor}`),
  ...['[1e300,"b372be68-6fa6-4590-b927-a4096e6a05e6"]', '["2026","x"]', '"x"'].map(
    (cursor) => `cursor=${Buffer.from(cursor).toString('base64url')}`,
  ),
  'more=1',
  'limit=1&limit=2',
])('GET /gateway/failedMessages?%s', async (query) => {
  const answer = await api.failedMessages(`?${query}`);
  expect(answer).toEqual(FAILURE(400));
  expect(answer.body.errmsg).toMatch(new RegExp(`^${query.split('=')[0]}: `));
});

describe.each(CALLS)('$method $path', ({ method, path, good }) => {
  async function send(body: string, headers: Record<string, string> = {}) {
    const response = await fetch(api.url + pathOf(path), {
      method,
      headers: { authorization: api.keys.shop, 'content-type': 'application/json', ...headers },
      body,
    });
    expect(response.headers.get('content-type')).toBe('application/json');
    return { status: response.status, body: await response.json() };
  }

  test.each([
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '7',
    '{"a":1}x',
    `${'['.repeat(65)}${']'.repeat(65)}`,
    '{"eventTag":"\xff"}',
  ])('takes no body like %s', async (text) => expect(await send(text)).toEqual(FAILURE(400)));

  test.each(['application/xml', 'application/jsonx', 'multipart/form-data'])('takes no %s', async (type) =>
    expect(await send(JSON.stringify(bodyOf(good)), { 'content-type': type })).toEqual(FAILURE(415)),
  );

  test('takes no body of an unknown encoding, and none beyond its bound', async () => {
    expect(await send('x', { 'content-encoding': 'deflate' })).toEqual(FAILURE(415));
    expect(await send(JSON.stringify({ ...bodyOf(good), more: 'x'.repeat(1024 * 1024) }))).toEqual(FAILURE(413));
  });
});
