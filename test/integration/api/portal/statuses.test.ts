import { createPortal } from '../../../../src/services/portal';
import { startTestApi } from '../testApi';
import { JSON_API, PATH, type PortalApi, refusal, SAMPLE, startPortalApi } from './portalApi';

const UUID = SAMPLE.data.attributes.uuid;
const OWN = `${PATH}/subscription`;
const DEFAULTS = `${PATH}/system_subscription_list`;
const CHANGE = { data: { type: 'subscription--subscription', id: UUID, attributes: { title: 'x' } } };

jest.setTimeout(60_000);

let api: PortalApi;
let before: string;
beforeAll(async () => {
  api = await startPortalApi();
  await api.send('ann', 'POST', OWN, { body: SAMPLE });
  before = await api.everything();
});
afterEach(async () => expect(await api.everything()).toBe(before));
afterAll(() => api.stop());

const CALLS = [
  { method: 'GET', path: PATH },
  { method: 'GET', path: `${PATH}/me` },
  { method: 'GET', path: `${PATH}/default` },
  {
    method: 'POST',
    path: OWN,
    body: { data: { ...SAMPLE.data, attributes: { ...SAMPLE.data.attributes, uuid: 'free-uuid' } } },
  },
  { method: 'GET', path: `${OWN}/${UUID}` },
  { method: 'PATCH', path: `${OWN}/${UUID}`, body: CHANGE },
  { method: 'DELETE', path: `${OWN}/${UUID}` },
];

describe.each(CALLS)('$method $path', ({ method, path, body }) => {
  test('without a valid key: 401', async () => {
    for (const key of ['pr_x_y', api.keys.shop.replace(/.$/, '!'), null]) {
      const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
      const reply = await api.send(null, method, path, { body, headers });
      expect(reply).toMatchObject({ status: 401, type: JSON_API });
      expect(reply.body).toEqual(refusal(401, 'Unauthorized'));
      expect(reply.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test.each(['producer', 'platform', 'shop', 'acmeOperator', 'operator'] as const)(
    '%s is no user: 403',
    async (key) => {
      const isDefault = path.endsWith('/default') && key.toLowerCase().endsWith('operator');
      const query = key === 'operator' ? '?tenantId=acme' : '';
      const reply = await api.send(key, method, path + query, { body });
      expect(reply.status).toBe(isDefault ? 200 : 403);
      if (!isDefault) expect(reply.body).toMatchObject(refusal(403, 'Forbidden'));
    },
  );

  test('of what Accept excludes: 406', async () => {
    for (const accept of ['text/html', 'image/*', `${JSON_API};q=0, text/plain`]) {
      const reply = await api.send('ann', method, path, { body, headers: { accept } });
      expect(reply).toMatchObject({ status: 406, type: JSON_API, body: refusal(406, 'Not Acceptable') });
    }
  });
});

test.each(['*/*', 'application/*', `text/html, ${JSON_API};q=0.1`])('Accept %s takes it', async (accept) => {
  expect((await api.send('ann', 'GET', `${OWN}/${UUID}`, { headers: { accept } })).status).toBe(200);
});

test.each([
  ['', 'POST', 'GET, HEAD'],
  ['', 'DELETE', 'GET, HEAD'],
  ['/me', 'POST', 'GET, HEAD'],
  ['/me', 'PATCH', 'GET, HEAD'],
  ['/me', 'DELETE', 'GET, HEAD'],
  ['/default', 'POST', 'GET, HEAD'],
  ['/default', 'PUT', 'GET, HEAD'],
  ['/default', 'DELETE', 'GET, HEAD'],
  ['/subscription', 'GET', 'POST'],
  ['/subscription', 'PATCH', 'POST'],
  ['/subscription', 'DELETE', 'POST'],
  [`/subscription/${UUID}`, 'POST', 'GET, HEAD, PATCH, DELETE'],
  [`/subscription/${UUID}`, 'PUT', 'GET, HEAD, PATCH, DELETE'],
])('%s has no %s: 405', async (path, method, allow) => {
  const reply = await api.send('ann', method, PATH + path, method === 'GET' ? {} : { body: SAMPLE });
  expect([reply.status, reply.type, reply.headers.get('allow')]).toEqual([405, JSON_API, allow]);
  expect(reply.body).toEqual(refusal(405, 'Method Not Allowed'));
});

test.each([
  ['POST', '/unheard'],
  ['POST', '/Subscription'],
  ['POST', '/subscription--subscription'],
  ['GET', `/unheard/${UUID}`],
  ['GET', `/me/${UUID}`],
  ['DELETE', `/default/${UUID}`],
  ['GET', '/subscription/not-there'],
  ['GET', '/subscription/%00%ff'],
  ['GET', '/subscription/%00'],
  ['DELETE', `/subscription/${UUID.toUpperCase()}`],
  ['GET', `/subscription/${'x'.repeat(3000)}`],
  ['GET', `/system_subscription_list/${UUID}`],
  ['GET', '/subscription/a/b'],
  ['GET', '/'],
])('%s %s is not there: 404, or no path at all', async (method, path) => {
  const body = method === 'POST' ? { data: { ...SAMPLE.data, type: `subscription--${path.slice(1)}` } } : undefined;
  const reply = await api.send('ann', method, PATH + path, { body });
  const status = path.includes('%ff') ? 400 : 404;
  expect(reply).toMatchObject({ status, type: JSON_API });
  expect(reply.body).toEqual(refusal(status, status === 404 ? 'Not Found' : 'Bad Request'));
});

test('a path that only begins alike is not of the interface', async () => {
  expect((await api.call('shop', 'GET', '/portals')).body).toMatchObject({ title: 'Not Found' });
});

test.each(['ann', 'shop', 'acmeOperator'] as const)('%s acts for no other tenant', async (key) => {
  for (const path of [`${PATH}/default`, `${DEFAULTS}/${UUID}`]) {
    const reply = await api.send(key, 'GET', `${path}?tenantId=rival`);
    expect(reply).toMatchObject({ status: 403, body: refusal(403, 'Forbidden', [{ parameter: 'tenantId' }]) });
  }
});

test.each(['', '%00', 'x'.repeat(129), 'a&tenantId=b'])('tenantId=%s is 400', async (tenantId) => {
  const reply = await api.send('operator', 'GET', `${PATH}/default?tenantId=${tenantId}`);
  expect(reply).toMatchObject({ status: 400, body: refusal(400, 'Bad Request', [{ parameter: 'tenantId' }]) });
});

test('a fault of ours: 500, and 503 while PostgreSQL is away, both without a word of the cause', async () => {
  const broken = await startTestApi();
  const key = await broken.key({ tenantId: 'acme', appId: 'shop', roles: ['subscriber'], subject: 'ann' });
  const headers = { authorization: key };
  // No use case is there.
  const fault = await fetch(`${broken.url}${PATH}/me`, { headers });
  expect([fault.status, await fault.json()]).toEqual([500, refusal(500, 'Internal Server Error')]);
  expect(fault.headers.get('content-type')).toBe(JSON_API);
  await broken.stop();

  const away = Object.assign(new Error('the database is shutting down'), { code: '57P01' });
  const list = () => Promise.reject(away);
  const stopped = await startTestApi({ services: { portal: { ...createPortal({} as never), list } } as never });
  const other = await stopped.key({ tenantId: 'acme', appId: 'shop', roles: ['subscriber'], subject: 'ann' });
  const reply = await fetch(`${stopped.url}${PATH}/me`, { headers: { authorization: other } });
  expect([reply.status, await reply.json()]).toEqual([503, refusal(503, 'Service Unavailable')]);
  await stopped.stop();
});
