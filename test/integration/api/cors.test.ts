import { type BareApi, startBareApi } from '../security/bareApi';

const PAGE = 'https://console.example';
let api: BareApi;
let key: string;

beforeAll(async () => {
  api = await startBareApi({ corsOrigins: [PAGE, 'http://localhost:5173'] });
  key = api.key({ tenantId: 'acme', roles: ['producer'] });
});
afterAll(() => api.stop());

const ask = (path: string, headers: Record<string, string>, { method = 'GET', url = api.url } = {}) =>
  fetch(url + path, { method, headers });
const preflight = (path: string, origin: string, url?: string) =>
  ask(path, { origin, 'access-control-request-method': 'PATCH' }, { method: 'OPTIONS', url });

test.each(['/v1/subscriptions/1', '/portal/api/v2/subscription/subscription/1'])(
  'a page that is named may ask %s, without a key',
  async (path) => {
    const { status, headers } = await preflight(path, PAGE);
    expect(status).toBe(204);
    expect(Object.fromEntries(headers)).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': expect.stringContaining('PATCH'),
      'access-control-allow-headers': expect.stringContaining('Authorization'),
      'access-control-max-age': expect.stringMatching(/^\d+$/),
      vary: 'Origin',
    });
  },
);

test.each([
  ['a refusal', '/v1/tenants', {}, 401],
  ['another refusal', '/v1/tenants', { authorization: 'key' }, 403],
  ['a path that is not there', '/v1/nowhere', {}, 404],
  ["the portal's", '/portal/api/v2/subscription', {}, 401],
])('a page that is named may read %s', async (_, path, given: Record<string, string>, status) => {
  const authorization = given.authorization && { authorization: key };
  const answer = await ask(path, { origin: PAGE, ...authorization });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
  for (const name of ['X-Request-Id', 'Location', 'ETag', 'Idempotent-Replayed']) {
    expect(answer.headers.get('access-control-expose-headers')?.split(', ')).toContain(name);
  }
});

test.each(['https://evil.example', 'null', 'https://console.example.evil.example', 'http://console.example'])(
  '%s may not',
  async (origin) => {
    for (const answer of [await preflight('/v1/tenants', origin), await ask('/v1/tenants', { origin })]) {
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('access-control-allow-methods')).toBeNull();
      expect(answer.headers.get('vary')).toBe('Origin');
    }
  },
);

test.each(['/api/publish', '/topics', '/gateway/callbacks', '/api/v3/event/subscribe/ping', '/healthz'])(
  'no page may call %s',
  async (path) => {
    for (const answer of [await preflight(path, PAGE), await ask(path, { origin: PAGE })]) {
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  },
);

test('every page may, or none', async () => {
  const open = await startBareApi({ corsOrigins: ['*'] });
  const closed = await startBareApi();
  try {
    expect((await preflight('/v1/tenants', PAGE, open.url)).headers.get('access-control-allow-origin')).toBe('*');
    const refused = await preflight('/v1/tenants', PAGE, closed.url);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    expect(refused.headers.get('vary')).toBeNull();
  } finally {
    await Promise.all([open.stop(), closed.stop()]);
  }
});
