import { type CmdbApi, DONE, refused, SAMPLE, startCmdbApi } from './cmdbApi';

jest.setTimeout(60_000);

let api: CmdbApi;
beforeAll(async () => {
  api = await startCmdbApi();
});
afterAll(() => api.stop());
beforeEach(() => api.clear());

const rows = async (...args: Parameters<CmdbApi['search']>) => (await api.search(...args)).body.data;
const names = async (...args: Parameters<CmdbApi['search']>) =>
  (await rows(...args)).map(({ subscription_name }: { subscription_name: string }) => subscription_name);
const storedOf = async (number: number) =>
  api.db
    .knex('subscriptions')
    .join('cmdb_subscriptions', 'subscription_id', 'subscriptions.id')
    .where({ number })
    .first('subscriptions.*');

test('the published sample is subscribed and found again, field by field', async () => {
  const { status, body } = await api.subscribe({}, { user: 'user' });
  const id = body.data.subscription_id;
  expect({ status, body }).toEqual({
    status: 200,
    body: { result: true, bk_error_code: 0, bk_error_msg: '', data: { subscription_id: expect.any(Number) } },
  });
  const found = await api.search({ page: { start: 0, limit: 10, sort: 'HostName' } });
  const last_time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  const row = {
    ...{ subscription_id: id, ...SAMPLE, last_time, operator: 'user' },
    statistics: { total: 0, failure: 0 },
  };
  expect(found).toEqual({ status: 200, body: { result: true, bk_error_code: 0, bk_error_msg: '', data: [row] } });
  expect(Object.keys(found.body.data[0])).toEqual([
    ...['subscription_id', 'subscription_name', 'system_name', 'callback_url', 'confirm_mode', 'confirm_pattern'],
    ...['subscription_form', 'timeout', 'last_time', 'operator', 'statistics'],
  ]);
});

test('last_time is UTC by the clock of the database', async () => {
  const before = Date.now();
  await api.made();
  const [{ last_time }] = await rows();
  const at = Date.parse(`${last_time.replace(' ', 'T')}Z`);
  expect(at).toBeGreaterThan(before - 60_000);
  expect(at).toBeLessThan(Date.now() + 60_000);
});

test('it is a subscription of its own interface, retried on the schedule of the gateway', async () => {
  const number = await api.made({
    subscription_form: 'host,hostcreate',
    timeout: 7,
    confirm_mode: 2,
    confirm_pattern: 'ok',
  });
  expect(await storedOf(number)).toMatchObject({
    ...{ interface: 'cmdb', tenant_id: 'acme', app_id: 'shop', topics: ['host', 'hostcreate'], timeout_ms: 7000 },
    ...{ retry: 'gateway', ordered: false, max_in_flight: 10, callback_url: SAMPLE.callback_url, state: 'active' },
    interface_data: { confirmMode: 'regular', confirmPattern: 'ok' },
  });
});

test.each([
  [{ subscription_name: '  n ' }, { subscription_name: 'n' }],
  [{ confirm_mode: 1 }, { confirm_mode: 'httpstatus' }],
  [{ confirm_mode: '1' }, { confirm_mode: 'httpstatus' }],
  [
    { confirm_mode: 2, confirm_pattern: '^ok' },
    { confirm_mode: 'regular', confirm_pattern: '^ok' },
  ],
  [
    { confirm_mode: '2', confirm_pattern: ' ' },
    { confirm_mode: 'regular', confirm_pattern: ' ' },
  ],
  [
    { confirm_mode: 'regular', confirm_pattern: '(a+)+$' },
    { confirm_mode: 'regular', confirm_pattern: '(a+)+$' },
  ],
  [{ confirm_pattern: undefined }, { confirm_pattern: '200' }],
  [{ confirm_pattern: null }, { confirm_pattern: '200' }],
  [{ confirm_pattern: ' ' }, { confirm_pattern: '200' }],
  [{ confirm_pattern: '200, 410' }, { confirm_pattern: '200, 410' }],
  [{ subscription_form: ' host,,set , host' }, { subscription_form: 'host,set' }],
  [{ callback_url: 'hooks.example:8080/callback' }, { callback_url: 'hooks.example:8080/callback' }],
  [{ timeout: 1 }, { timeout: 1 }],
  [{ timeout: 60 }, { timeout: 60 }],
  [{ bk_biz_id: 2, bk_supplier_account: 'acme', more: 1 }, {}],
  [{ bk_biz_id: null, bk_supplier_account: null }, {}],
])('%j is shown as %j', async (given, shown) => {
  expect((await api.subscribe(given)).body).toMatchObject({ result: true });
  const expected = { ...SAMPLE, ...shown };
  expect(await rows()).toEqual([expect.objectContaining(expected)]);
});

test('a callback without a scheme is called over http', async () => {
  const number = await api.made({ callback_url: 'hooks.example:8080/callback' });
  expect((await storedOf(number)).callback_url).toBe('http://hooks.example:8080/callback');
});

test.each(['v1', 'v3', 'v42'])('%s is a version', async (version) => {
  const path = `/api/${version}/event/subscribe/acme/0`;
  expect((await api.send('POST', path, { body: JSON.stringify(SAMPLE) })).body).toMatchObject({ result: true });
});

test('modifying overwrites everything, and says who did', async () => {
  const id = await api.made({}, { user: 'user' });
  const changed = {
    ...{ subscription_name: 'other', system_name: 'Other', callback_url: 'other.example/x', confirm_mode: 'regular' },
    ...{ confirm_pattern: 'ok', subscription_form: 'set', timeout: 3 },
  };
  expect(await api.modify(id, changed, { user: '管理员' })).toEqual({ status: 200, body: DONE });
  const [row] = await rows();
  expect(row).toMatchObject({ subscription_id: id, ...changed, operator: '管理员' });
  expect(await storedOf(id)).toMatchObject({
    callback_url: 'http://other.example/x',
    topics: ['set'],
    timeout_ms: 3000,
  });
  expect((await api.publish({ topic: 'hostcreate' })).deliveryIds).toEqual([]);
  expect((await api.publish({ topic: 'set' })).deliveryIds).toHaveLength(1);
  await api.modify(id, changed);
  expect((await rows())[0].operator).toBe('Shop');
});

test('without BK_USER it is the app that acts, also with an empty one', async () => {
  await api.made({ subscription_name: 'a' });
  await api.made({ subscription_name: 'b' }, { user: ' ' });
  expect((await rows()).map(({ operator }: { operator: string }) => operator)).toEqual(['Shop', 'Shop']);
});

test('unsubscribed, it is not found any more, and what was pending is cancelled', async () => {
  const id = await api.made();
  const [deliveryId] = (await api.publish({ topic: 'hostcreate' })).deliveryIds;
  expect(await api.unsubscribe(id)).toEqual({ status: 200, body: DONE });
  expect(await rows()).toEqual([]);
  expect(await api.unsubscribe(id)).toEqual({ status: 200, body: refused(1199019) });
  expect(await api.modify(id)).toEqual({ status: 200, body: refused(1199019) });
  expect((await api.call('shop', 'GET', `/v1/deliveries/${deliveryId}`)).body).toMatchObject({
    state: 'cancelled',
    reason: 'subscription_deleted',
  });
  const again = await api.made();
  expect(again).toBeGreaterThan(id);
});

test('a body is not needed to unsubscribe', async () => {
  const id = await api.made();
  expect((await api.send('DELETE', `/api/v3/event/subscribe/acme/2/${id}`)).body).toEqual(DONE);
});

describe('a name', () => {
  test('is one of its kind in a business, also across apps', async () => {
    const id = await api.made();
    const duplicate = { status: 200, body: refused(1199014, /^subscription_name: /) };
    expect(await api.subscribe()).toEqual(duplicate);
    expect(await api.subscribe({ subscription_name: ' mysubscribe ' })).toEqual(duplicate);
    expect(await api.subscribe({}, { key: 'desk' })).toEqual(duplicate);
    expect(await names()).toEqual(['mysubscribe']);
    const other = await api.made({ subscription_name: 'other' });
    const before = await api.everything();
    expect(await api.modify(other, { subscription_form: 'set', timeout: 1 })).toEqual(duplicate);
    expect(await api.everything()).toBe(before);
    expect(await api.modify(id)).toEqual({ status: 200, body: DONE });
    expect(await names()).toEqual(['mysubscribe', 'other']);
  });

  test('is free in other businesses, in other accounts, and after unsubscribing', async () => {
    const id = await api.made();
    await api.made({}, { biz: 3 });
    await api.made({}, { key: 'spy', account: 'rival' });
    await api.unsubscribe(id);
    await api.made();
    expect(await names()).toEqual(['mysubscribe']);
  });

  test('goes to one of ten that want it at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.subscribe()));
    const codes = answers.map(({ body }) => body.bk_error_code).sort();
    expect(codes).toEqual([0, ...new Array(9).fill(1199014)]);
    expect(await api.db.knex('subscriptions')).toHaveLength(1);
  });
});

describe('who may do what', () => {
  let id: number;
  beforeEach(async () => {
    id = await api.made({}, { key: 'shop' });
  });

  test.each([
    ['another app', 'desk', {}],
    ['another business', 'shop', { biz: 3 }],
    ['another account of an operator', 'operator', { account: 'rival' }],
  ] as const)('for %s it is not there', async (_, key, where) => {
    const options = { key, ...where };
    const unknown = { status: 200, body: refused(1199019) };
    expect(await api.modify(id, { subscription_name: 'x' }, options)).toEqual(unknown);
    expect(await api.unsubscribe(id, {}, options)).toEqual(unknown);
    expect(await names({}, options)).toEqual([]);
    expect(await names()).toEqual(['mysubscribe']);
  });

  test.each(['operator', 'acmeOperator'] as const)('%s acts for every app of the account', async (key) => {
    await api.made({ subscription_name: 'desk' }, { key: 'desk' });
    expect(await names({}, { key })).toEqual(['mysubscribe', 'desk']);
    expect((await api.modify(id, { system_name: 'changed' }, { key, user: 'root' })).body).toEqual(DONE);
    expect((await rows())[0]).toMatchObject({ system_name: 'changed', operator: 'root' });
    expect((await api.unsubscribe(id, {}, { key })).body).toEqual(DONE);
    expect(await api.subscribe({}, { key })).toEqual({ status: 403, body: refused(1199000) });
  });

  test.each(['spy', 'rivalOperator', 'portalUser', 'producer', 'platform'] as const)('%s may nothing', async (key) => {
    const forbidden = { status: 403, body: refused(1199000) };
    expect(await api.subscribe({ subscription_name: 'x' }, { key })).toEqual(forbidden);
    expect(await api.modify(id, {}, { key })).toEqual(forbidden);
    expect(await api.unsubscribe(id, {}, { key })).toEqual(forbidden);
    expect(await api.search({}, { key })).toEqual(forbidden);
    expect(await names()).toEqual(['mysubscribe']);
  });
});

test('events of a tenant that granted the app its own arrive too', async () => {
  await api.made({}, { key: 'spy', account: 'rival' });
  await api.call('operator', 'POST', '/v1/apps/rival/spy/grants', { tenantId: 'acme' });
  expect((await api.publish({ topic: 'hostcreate' })).deliveryIds).toHaveLength(1);
});
