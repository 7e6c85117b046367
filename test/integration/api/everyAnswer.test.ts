import { once } from 'node:events';
import { connect } from 'node:net';
import * as z from 'zod';
import { PROBLEM_CODES } from '../../../src/api/problemCodes';
import type { Route } from '../../../src/api/route';
import { ROUTES } from '../../../src/api/server';
import { type BareApi, startBareApi } from '../security/bareApi';
import { nameOf } from '../security/routeTable';

let api: BareApi;
let key: string;

beforeAll(async () => {
  api = await startBareApi({
    anonymousLimits: {
      perAddress: { perSecond: 10_000, burst: 10_000 },
      perRoute: { perSecond: 10_000, burst: 10_000 },
    },
  });
  key = api.key({ tenantId: 'acme', roles: ['operator', 'producer', 'subscriber'] });
});
afterAll(() => api.stop());

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const pathOf = ({ path }: Pick<Route, 'path'>) =>
  path
    .replace('{version}', 'v3')
    .replace('{asset}', 'start.js')
    .replace(/\{\w+\}/g, '1');
const withBody = ROUTES.filter(({ body }) => body);

async function ask(route: Route, { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {}) {
  const type = route.consumes?.[0] ?? 'application/json';
  const answer = await fetch(api.url + pathOf(route), {
    method: route.method.toUpperCase(),
    headers: { ...(body !== undefined && { 'content-type': type }), ...headers },
    body,
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

async function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

describe.each(ROUTES.map((route) => ({ name: nameOf(route), route })))('$name', ({ route }) => {
  test("says the caller's request id, or one of its own", async () => {
    for (const authorization of [key, '']) {
      const own = await ask(route, { headers: { authorization, 'x-request-id': 'order-17:a/b' } });
      expect(own.headers.get('x-request-id')).toBe('order-17:a/b');
      expect((await ask(route, { headers: { authorization } })).headers.get('x-request-id')).toMatch(UUID);
    }
  });

  test('says which methods its path has', async () => {
    const answer = await fetch(api.url + pathOf(route), { method: 'OPTIONS' });
    const methods = answer.headers.get('allow')?.split(', ') ?? [];
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    expect(methods).toContain(route.method.toUpperCase());
    expect(methods).toContain('OPTIONS');
    expect(methods.includes('HEAD')).toBe(methods.includes('GET'));
  });

  test('says how many calls the key has left', async () => {
    const { headers } = await ask(route, { headers: { authorization: key } });
    const isPublic = route.access === 'public';
    expect(headers.get('ratelimit-policy')).toBe(isPublic ? null : '"calls";q=200000;w=2');
    if (!isPublic) expect(headers.get('ratelimit')).toMatch(/^"calls";r=\d+;t=\d+$/);
  });
});

test.each(['', 'a b', 'a"b', 'x'.repeat(129), 'é', '{"a":1}', 'a, b'])('%j is no request id', async (given) => {
  const answer = await fetch(`${api.url}/healthz`, {
    headers: { 'x-request-id': encodeURI(given).includes('%C3') ? '\u00e9' : given },
  });
  expect(answer.headers.get('x-request-id')).toMatch(UUID);
});

test.each([
  '/nowhere',
  '/v1/nowhere',
  '/api/nowhere',
  '/topics/x',
  '/gateway/x',
  '/portal/x',
  '/docs/%zz',
  '/healthz/',
])('a request id where there is no path: %s', async (path) => {
  const answer = await fetch(api.url + path, { headers: { 'x-request-id': 'mine' } });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.headers.get('x-request-id')).toBe('mine');
});

describe('the request id in an error', () => {
  const headers = { 'x-request-id': 'mine' };
  test('of the native interface, with a code', async () => {
    const body = await (await fetch(`${api.url}/v1/tenants`, { headers })).json();
    expect(body).toMatchObject({ requestId: 'mine', code: 'unauthenticated' });
  });
  test('of the portal, with a code', async () => {
    const body = await (await fetch(`${api.url}/portal/api/v2/subscription`, { headers })).json();
    expect(body).toMatchObject({ errors: [{ code: 'unauthenticated' }], meta: { requestId: 'mine' } });
  });
  test('of publish', async () => {
    const body = await (await fetch(`${api.url}/api/publish`, { method: 'POST', headers })).json();
    expect(body).toMatchObject({ request_id: 'mine', code: '401' });
  });
});

describe('calls that break before they are routed', () => {
  test.each([
    ['GET / HTTP/9.9\r\n\r\n', 400, 'invalid_request'],
    ['GET /healthz HTTP/1.1\r\nHost x\r\n\r\n', 400, 'invalid_request'],
    [`GET /healthz HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'header_too_large'],
    ['POST /api/publish HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n', 400, 'invalid_request'],
  ])('%#', async (bytes, status, code) => {
    const answer = await raw(bytes);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status} `);
    const [, requestId] = /^x-request-id: (\S+)$/im.exec(head) ?? [];
    expect(requestId).toMatch(UUID);
    expect(JSON.parse(body)).toMatchObject({ status, code, requestId });
  });

  test('an expectation that is not known is no reason to refuse', async () => {
    const answer = await raw('GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*x-request-id: /i);
  });
});

test('OPTIONS of the server as a whole, and of a path that is not there', async () => {
  const answer = await raw('OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 204 [\s\S]*allow: GET, HEAD, POST/i);
  expect((await fetch(`${api.url}/v1/nowhere`, { method: 'OPTIONS' })).status).toBe(404);
});

test.each([
  '/livez',
  '/healthz',
  '/readyz',
  '/openapi.json',
  '/docs',
  '/docs/start.js',
  '/v1/tenants',
  '/nowhere',
  '/api/publish',
])('HEAD %s is GET without its body', async (path) => {
  const header = async (method: string) => {
    const answer = await raw(`${method} ${path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: r\r\nConnection: close\r\n\r\n`);
    const [head = '', body = ''] = answer.split(/\r\n\r\n([\s\S]*)/);
    return { head: head.replace(/^(date|etag): .*$/gim, ''), body };
  };
  const [get, head] = [await header('GET'), await header('HEAD')];
  expect(head).toEqual({ head: get.head, body: '' });
  expect(get.body).not.toBe('');
});

describe('what is wrong is said in our own words', () => {
  const LIBRARY = /expected|received|invalid (input|option|string|key|element)|too (big|small)|unrecognized|zod/i;
  const names = [
    ...new Set(
      ROUTES.flatMap(({ body, query }) =>
        [body, query].flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : [])),
      ),
    ),
    ...['overlapSeconds', 'since', 'page', 'condition', 'subscription_name', 'callback_url', 'subscription_form'],
    ...['confirm_mode', 'confirm_pattern', 'timeout', 'bk_biz_id', 'dispatchIds', 'eventTags', 'tenantId', 'appId'],
  ];
  const VALUES = [null, -1, 1e12, '', 'x', [], [null], {}];

  test.each(withBody.map((route) => ({ name: nameOf(route), route })))('$name', async ({ route }) => {
    const bodies = VALUES.flatMap((value) => [
      JSON.stringify(value),
      JSON.stringify(Object.fromEntries(names.map((name) => [name, value]))),
      JSON.stringify({ data: { type: value, id: value, attributes: value, relationships: value } }),
      JSON.stringify({
        data: { type: 'x', attributes: { title: value, action: value, target_id: value, status: value } },
      }),
    ]);
    for (const body of [...bodies, '{}', '{"data":{"attributes":{}}}']) {
      const { status, text } = await ask(route, { headers: { authorization: key }, body });
      expect([status, text]).toEqual([status, expect.not.stringMatching(LIBRARY)]);
      const { code } = JSON.parse(text);
      if (status >= 400 && route.path.startsWith('/v1')) expect(PROBLEM_CODES).toContain(code);
    }
  });

  test.each(ROUTES.filter(({ query, params }) => query ?? params).map((route) => ({ name: nameOf(route), route })))(
    '$name: parameters',
    async ({ route }) => {
      for (const value of ['', 'x', '-1', '1e9', '%00']) {
        const query = names.map((name) => `${name}=${value}`).join('&');
        const path = route.path.replace(/\{\w+\}/g, value === '' ? '0' : value);
        const answer = await fetch(`${api.url}${path}?${query}`, {
          method: route.method.toUpperCase(),
          headers: { authorization: key },
        });
        expect(await answer.text()).not.toMatch(LIBRARY);
      }
    },
  );
});
