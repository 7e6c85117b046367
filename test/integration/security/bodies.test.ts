import { once } from 'node:events';
import { connect } from 'node:net';
import { bodyLimitBytes } from '../../../src/api/route';
import { ROUTES } from '../../../src/api/server';
import { type BareApi, startBareApi } from './bareApi';
import { nameOf } from './routeTable';

jest.setTimeout(60_000);

const EVENT = { event_source: 'a', event_topic: 'b', event_type: 'c', event_status: 'd' };
const MAX_EVENT_BYTES = 65_536;
const BYTES_PER_SECOND = 65_536;

let api: BareApi;
let key: string;

beforeEach(async () => {
  api = await startBareApi({ maxEventBytes: MAX_EVENT_BYTES, rateLimitBytesPerKey: 1_073_741_824 });
  key = api.key({ tenantId: 'acme', roles: ['operator', 'producer', 'subscriber'] });
});
afterEach(() => api.stop());

const pathOf = (path: string) =>
  path
    .replace('{version}', 'v3')
    .replace(/\{(bk_biz_id|subscription_id|number)\}/g, '1')
    .replace(/\{\w+\}/g, 'x');

describe.each(ROUTES.filter(({ body }) => body).map((route) => ({ name: nameOf(route), route })))(
  '$name',
  ({ route }) => {
    test('refuses a body beyond its limit before it is read', async () => {
      const limitBytes = bodyLimitBytes(route, MAX_EVENT_BYTES);
      expect(limitBytes).toBeLessThanOrEqual(320 * 1024);
      const { hostname, port } = new URL(api.url);
      const socket = connect(Number(port), hostname);
      const type = route.consumes?.[0] ?? 'application/json';
      socket.write(
        `${route.method.toUpperCase()} ${pathOf(route.path)} HTTP/1.1\r\nHost: x\r\nAuthorization: ${key}\r\n` +
          `Content-Type: ${type}\r\nContent-Length: ${limitBytes + 1}\r\n\r\n`,
      );
      const [answer] = await once(socket, 'data');
      expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
      socket.destroy();
    });
  },
);

/** What A did: half a million numbers where fifty may be. */
test('a list that is too long is refused for its length, with one fault', async () => {
  const body = JSON.stringify({ callbackUrl: 'http://x/', topics: ['a'], retry: Array(5_000).fill(0) });
  const answer = await fetch(`${api.url}/v1/subscriptions`, { method: 'POST', headers: { authorization: key }, body });
  const { errors } = (await answer.json()) as { errors: unknown[] };
  expect([answer.status, errors]).toEqual([400, [{ field: 'retry', message: expect.any(String) }]]);
});

describe('the bytes of a key', () => {
  const publish = (bytes: number, headers: Record<string, string> = {}, authorization = key) =>
    fetch(`${api.url}/api/publish`, {
      method: 'POST',
      headers: { authorization, ...headers },
      body: JSON.stringify({ ...EVENT, changes: ['x'.repeat(bytes - 90)] }),
    });

  beforeEach(async () => {
    await api.stop();
    api = await startBareApi({ maxEventBytes: MAX_EVENT_BYTES, rateLimitBytesPerKey: BYTES_PER_SECOND });
    key = api.key({ tenantId: 'acme' });
  });

  test('more than they may be: 429 with Retry-After, and nothing published; another key of the tenant has its own', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => publish(50_000)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(api.published).toHaveLength(40 - refused.length);
    expect((await publish(50_000, {}, api.key({ tenantId: 'acme' }))).status).toBe(200);
  });

  test('a body without a length pays as it comes', async () => {
    const send = () => {
      const body = new Blob([JSON.stringify({ ...EVENT, changes: ['x'.repeat(50_000)] })]).stream();
      const init = { method: 'POST', headers: { authorization: key }, body, duplex: 'half' };
      return fetch(`${api.url}/api/publish`, init as RequestInit);
    };
    const statuses = (await Promise.all(Array.from({ length: 40 }, send))).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
  });

  test('small calls go on beside a large one that has to wait', async () => {
    while ((await publish(60_000)).status === 200);
    expect((await publish(100)).status).toBe(200);
  });
});

describe('queries', () => {
  test('too many parameters', async () => {
    const query = Array.from({ length: 101 }, (_, at) => `p${at}=1`).join('&');
    const answer = await fetch(`${api.url}/v1/tenants?${query}`, { headers: { authorization: key } });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { detail: expect.stringContaining('100 parameters') },
    ]);
  });

  test('what is wrong is named up to a bound', async () => {
    const query = Array.from({ length: 100 }, (_, at) => `p${at}=1`).join('&');
    const answer = await fetch(`${api.url}/v1/tenants?${query}`, { headers: { authorization: key } });
    const { errors } = (await answer.json()) as { errors: unknown[] };
    expect(errors).toHaveLength(20);
  });
});
