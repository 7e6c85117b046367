import { Cursors, createCursorSeal } from '../../../../src/api/cursors';
import type { Caller } from '../../../../src/services/caller';
import { API_OPTIONS } from '../../../support/apiOptions';
import { type NativeApi, startNativeApi } from './nativeApi';

let api: NativeApi;
let paths: Record<string, string>;
beforeAll(async () => {
  api = await startNativeApi();
  const { id } = await api.subscribe('shop');
  paths = { patch: `/v1/subscriptions/${id}`, rotate: `/v1/subscriptions/${id}/secret/rotate` };
});
afterAll(() => api.stop());

const LONE_SURROGATE = '\ud800';
const BIG = 'x'.repeat(257);

const SUBSCRIPTION = { callbackUrl: 'https://a.example/', topics: ['gs'] };
const KEY = { tenantId: 'acme', roles: ['producer'] };

/** What each route refuses: the body that it takes, and per field the values that it does not. */
const CASES: { method: string; path: string; good: Record<string, unknown>; bad: Record<string, unknown[]> }[] = [
  {
    method: 'POST',
    path: '/v1/tenants',
    good: { id: 'fresh', name: 'x' },
    bad: {
      id: [undefined, null, '', ' ', 7, 'a/b', 'a b', '.', '..', 'é', 'x'.repeat(129), 'a\0'],
      name: [undefined, null, '', ' \t', 7, {}, BIG, 'a\0b', LONE_SURROGATE],
    },
  },
  {
    method: 'POST',
    path: '/v1/apps',
    good: { tenantId: 'acme', id: 'fresh', name: 'x' },
    bad: {
      tenantId: [undefined, null, '', 7],
      id: [undefined, null, '', 'a/b', []],
      name: [undefined, null, '', []],
      callbackUrl: ['', 'nowhere', 7, `https://a.example/${'x'.repeat(2048)}`],
    },
  },
  {
    method: 'PATCH',
    path: '/v1/apps/acme/shop',
    good: { name: 'x' },
    bad: { name: [null, '', 7], callbackUrl: ['', 7, 'ftp://a.example'] },
  },
  {
    method: 'POST',
    path: '/v1/apps/acme/shop/grants',
    good: { tenantId: 'rival' },
    bad: { tenantId: [undefined, null, '', 7, ['rival']] },
  },
  {
    method: 'POST',
    path: '/v1/keys',
    good: KEY,
    bad: {
      roles: [undefined, null, [], 'producer', ['king'], [null]],
      tenantId: [7, ''],
      appId: [7],
      subject: ['', 7, ['x']],
    },
  },
  {
    method: 'PUT',
    path: '/v1/topics/t',
    good: { name: 'x' },
    bad: {
      name: [undefined, null, '', 7],
      description: [7, 'x'.repeat(1001), LONE_SURROGATE],
      historyRequired: [null, 'true', 0],
    },
  },
  {
    method: 'PUT',
    path: '/v1/target-types/5',
    good: { name: 'x' },
    bad: { name: [undefined, null, ''], uuid: ['', 'short', 7, 'x'.repeat(65), 'a_b_c_d_e_f'] },
  },
  {
    method: 'POST',
    path: '/v1/subscriptions',
    good: SUBSCRIPTION,
    bad: {
      callbackUrl: [undefined, null, '', 7, {}, 'a.example'],
      topics: [
        undefined,
        null,
        [],
        'gs',
        [''],
        [null],
        [7],
        ['gs', ' '],
        ['x'.repeat(129)],
        new Array(1001).fill('gs'),
      ],
      description: [7, 'x'.repeat(1001), 'a\0'],
      timeoutMs: [null, 99, 60_001, 100.5, '500', true],
      retry: [null, '', 'never', 7, [0], [86_401], [1.5], ['10'], new Array(51).fill(1), {}],
      maxInFlight: [null, 0, 101, '10', 1.5],
      tenantId: [7, null, ''],
      appId: [7, null, ''],
      ordered: [null, 'true', 1],
      historyRequired: [true, null, 'true', 1],
    },
  },
  {
    method: 'PATCH',
    path: 'patch',
    good: { timeoutMs: 500 },
    bad: {
      callbackUrl: [null, '', 'ftp://a.example/'],
      topics: [null, [], ['no']],
      timeoutMs: [null, 0],
      retry: [null, 'x'],
      maxInFlight: [null, 0],
    },
  },
  {
    method: 'POST',
    path: 'rotate',
    good: {},
    bad: { overlapSeconds: [null, -1, 604_801, 1.5, '60'] },
  },
];

const FIELD_CASES = CASES.flatMap(({ bad, ...route }) =>
  Object.entries(bad).flatMap(([field, values]) => values.map((value) => ({ ...route, field, value }))),
);
const operator = (path: string) =>
  path.includes('subscriptions') || path === 'patch' || path === 'rotate' ? 'shop' : 'operator';

test.each(FIELD_CASES)('$method $path: $field cannot be $value', async ({ method, path, good, field, value }) => {
  const answer = await api.call(operator(path), method, paths[path] ?? path, { ...good, [field]: value });
  expect(answer).toMatchObject({ status: 400, body: { title: 'Bad Request', status: 400 } });
  const named = answer.body.errors.map((error: { field: string }) => error.field.split('.')[0]);
  expect(named).toContain(field);
});

describe.each(CASES)('$method $path', ({ method, path, good }) => {
  const send = (body: string | undefined, type = 'application/json') =>
    fetch(api.url + (paths[path] ?? path), {
      method,
      headers: { authorization: api.keys[operator(path)], 'content-type': type },
      body,
    });

  test('names a field that it does not know', async () => {
    const response = await send(JSON.stringify({ ...good, colour: 1, constructor: 2 }));
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { field: string }[] };
    expect(errors.map(({ field }) => field)).toEqual(expect.arrayContaining(['colour', 'constructor']));
  });

  test.each(['{', 'null', '[]', '"x"', '7', '{"a":1}x'])('takes no body like %s', async (text) => {
    const response = await send(text);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });
});

test.each([
  ['GET', '/v1/tenants?limit=0', 'limit'],
  ['GET', '/v1/tenants?limit=501', 'limit'],
  ['GET', '/v1/tenants?limit=', 'limit'],
  ['GET', '/v1/tenants?limit=1e2', 'limit'],
  ['GET', '/v1/tenants?limit=5&limit=6', 'limit'],
  ['GET', '/v1/tenants?cursor=', 'cursor'],
  ['GET', '/v1/tenants?cursor=%00', 'cursor'],
  ['GET', '/v1/tenants?cursor=Nw', 'cursor'],
  ['GET', '/v1/apps?cursor=ImEi', 'cursor'],
  ['GET', '/v1/subscriptions?cursor=ImEi', 'cursor'],
  ['GET', '/v1/subscriptions?colour=red', 'colour'],
  ['GET', '/v1/deliveries?state=lost', 'state'],
  ['GET', '/v1/deliveries?state=', 'state'],
  ['GET', '/v1/deliveries?topic=', 'topic'],
  ['GET', '/v1/deliveries?topic=%00', 'topic'],
  ['GET', '/v1/deliveries?since=yesterday', 'since'],
  ['GET', '/v1/deliveries?since=2026-01-01T00:00:00', 'since'],
  ['GET', '/v1/deliveries?until=2026-13-01T00:00:00Z', 'until'],
  ['GET', '/v1/deliveries?until=999999999999999', 'until'],
  ['GET', '/v1/deliveries?until=-1', 'until'],
  ['GET', '/v1/lanes?state=asleep', 'state'],
])('%s %s names %s', async (method, path, field) => {
  const answer = await api.call('operator', method, path);
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
});

test('a cursor of far-off bits is an empty page, not a fault', async () => {
  const caller: Caller = { keyId: '', tenantId: null, appId: null, roles: ['operator'], subject: null };
  const seal = createCursorSeal(API_OPTIONS.secretsKey);
  for (const path of ['deliveries', 'lanes', 'subscriptions']) {
    const cursors = new Cursors({ seal, route: { method: 'get', path: `/v1/${path}` }, caller, params: undefined });
    const high = cursors.seal('ffffffff-ffff-7fff-bfff-ffffffffffff');
    const low = cursors.seal('00000000-0000-0000-0000-000000000000');
    expect((await api.call('operator', 'GET', `/v1/${path}?cursor=${high}`)).status).toBe(200);
    expect(await api.call('operator', 'GET', `/v1/${path}?cursor=${low}`)).toEqual({
      status: 200,
      body: { data: [], nextCursor: null },
    });
  }
});
