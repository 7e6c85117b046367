import { JSON_API, PATH, type PortalApi, refusal, startPortalApi } from './portalApi';

jest.setTimeout(60_000);

let api: PortalApi;
/** Ann's, oldest first. */
let uuids: string[];
beforeAll(async () => {
  api = await startPortalApi();
  uuids = [];
  for (let at = 0; at < 12; at++) {
    uuids.push(
      await api.add('ann', {
        target_id: `target${at}`,
        action: at % 2 ? 'like' : 'follow',
        target_type: at < 3 ? 1 : 7,
      }),
    );
  }
  await api.add('bob', { target_id: 'of bob' });
  await api.add('rivalUser', { target_id: 'of the rival' });
  const bundle = 'system_subscription_list';
  await api.add('acmeOperator', {
    bundle,
    title: '会议通知',
    target_id: 'changed0000',
    action: 'follow',
    target_type: 1,
  });
  await api.add('acmeOperator', { bundle, title: undefined, action: 'like', enable: 0, status: 0 });
  await api.add('operator', { bundle, query: '?tenantId=rival', target_id: 'of the rival' });
});
afterAll(() => api.stop());

const CREATED = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);

type Key = Parameters<PortalApi['send']>[0];
/** The published array. */
const list = (key: Key, path: string) => api.send(key, 'GET', path, { headers: { accept: 'application/json' } });

/** What is on it, by target. */
async function targets(query: string, path = '/me'): Promise<string[]> {
  const { status, body } = await list('ann', `${PATH}${path}${query}`);
  expect(status).toBe(200);
  return body.map((item: { target_id: string }) => item.target_id);
}

const FROM_11 = Array.from({ length: 12 }, (_, at) => `target${11 - at}`);

test.each([
  ['', 'application/json'],
  ['?_format=json', 'application/json'],
  ['?_format=hal_json', 'application/hal+json'],
])("a user's own%s, with the fields of the sample and no others", async (query, type) => {
  for (const path of ['', '/me']) {
    const reply = await list('ann', `${PATH}${path}${query}`);
    expect(reply).toMatchObject({ status: 200, type });
    expect(reply.body[0]).toEqual({
      id: expect.stringMatching(/^\d+$/),
      uuid: uuids[11],
      target_id: 'target11',
      title: '新闻公告订阅',
      target_type: '7',
      action: 'like',
      type: 'subscription',
      created: CREATED,
    });
    expect(Object.keys(reply.body[0])).toEqual([
      'id',
      'uuid',
      'target_id',
      'title',
      'target_type',
      'action',
      'type',
      'created',
    ]);
  }
});

test("the tenant's defaults, with enable", async () => {
  const common = { id: expect.stringMatching(/^\d+$/), uuid: expect.any(String), created: CREATED };
  const type = 'system_subscription_list';
  const expected = [
    { ...common, target_id: '88981', title: null, target_type: '7', action: 'like', type, enable: 0 },
    { ...common, target_id: 'changed0000', title: '会议通知', target_type: '1', action: 'follow', type, enable: 1 },
  ];
  for (const key of ['ann', 'bob', 'deskUser', 'acmeOperator'] as const) {
    const reply = await api.send(key, 'GET', `${PATH}/default?_format=hal_json`);
    expect(reply).toMatchObject({ status: 200, type: 'application/hal+json' });
    expect(reply.body).toEqual(expected);
  }
  expect((await list('operator', `${PATH}/default?tenantId=acme`)).body).toEqual(expected);
  const { body } = await list('rivalUser', `${PATH}/default`);
  expect(body.map((item: { target_id: string }) => item.target_id)).toEqual(['of the rival']);
});

test('newest first, by pages of 10 or as many as are asked for', async () => {
  expect(await targets('')).toEqual(FROM_11.slice(0, 10));
  expect(await targets('?page=0')).toEqual(FROM_11.slice(0, 10));
  expect(await targets('?page=1')).toEqual(FROM_11.slice(10));
  expect(await targets('?page=2&items_per_page=5')).toEqual(FROM_11.slice(10));
  expect(await targets('?items_per_page=100')).toEqual(FROM_11);
  expect(await targets('?items_per_page=1&page=11')).toEqual(['target0']);
  for (const page of [2, 12, 1_000_000_000]) expect(await targets(`?page=${page}`)).toEqual([]);
  expect(await targets('?items_per_page=100&page=1000000000')).toEqual([]);
});

test('filters, alone and together', async () => {
  expect(await targets('?action=like&items_per_page=100')).toEqual(FROM_11.filter((_, at) => at % 2 === 0));
  expect(await targets('?target_type=1')).toEqual(['target2', 'target1', 'target0']);
  expect(await targets('?action=like&type=subscription&target_type=1')).toEqual(['target1']);
  expect(await targets('?action=follow&type=subscription&target_type=7&page=1&items_per_page=2')).toEqual([
    'target6',
    'target4',
  ]);
  expect(await targets('?target_type=99')).toEqual([]);
  expect(await targets('?action=post')).toEqual([]);
  expect(await targets('?type=system_subscription_list')).toEqual([]);
  expect(await targets('?type=subscription', '/default')).toEqual([]);
  expect(await targets('?type=system_subscription_list&action=follow&target_type=1', '/default')).toEqual([
    'changed0000',
  ]);
  expect(await targets('?unheard=of&items_per_page=100')).toEqual(FROM_11);
  expect(await targets('?target_id=target7')).toEqual(['target7']);
  expect(await targets('?target_id=target7&action=follow')).toEqual([]);
  expect(await targets('?target_id=target')).toEqual([]);
  const title = encodeURIComponent('新闻公告订阅');
  expect(await targets(`?title=${title}&items_per_page=100`)).toEqual(FROM_11);
  expect(await targets('?title=other')).toEqual([]);
  expect(await targets(`?title=${encodeURIComponent('会议通知')}&target_id=changed0000`, '/default')).toEqual([
    'changed0000',
  ]);
  expect(await targets('?title=')).toEqual([]);
});

test('an empty page is no page', async () => {
  expect(await targets('?page=')).toEqual(FROM_11.slice(0, 10));
  expect(await targets('?action=like&page=&items_per_page=2')).toEqual(['target11', 'target9']);
});

test.each(['', '/me', '/default'])('%s: an unknown _format is 406', async (path) => {
  for (const format of ['xml', 'HAL_JSON', '', 'api_json']) {
    const reply = await api.send('ann', 'GET', `${PATH}${path}?_format=${format}`);
    expect(reply).toMatchObject({ status: 406, type: JSON_API });
    expect(reply.body).toEqual(refusal(406, 'Not Acceptable'));
  }
  const accept = { headers: { accept: 'text/html' } };
  expect((await api.send('ann', 'GET', `${PATH}${path}`, accept)).status).toBe(406);
});

const NO_NUMBER = ['-1', '1.5', 'x', '', ' ', '1e3', '0x1', '99999999999', '9'.repeat(400), 'NaN', '%00'];
const BAD: Record<string, string[]> = {
  page: [...NO_NUMBER.filter((value) => value.trim() !== ''), '1000000001'],
  items_per_page: [...NO_NUMBER, '0', '101'],
  target_type: [...NO_NUMBER, '2147483648'],
  action: ['', 'Like', 'share', 'like,follow'],
  type: ['', 'subscriptions', 'Subscription'],
  title: ['x'.repeat(257), '%00'],
  target_id: ['', '%20', 'x'.repeat(129), '%00'],
};

test.each(
  ['', '/me', '/default'].flatMap((path) =>
    Object.entries(BAD).flatMap(([name, values]) => [
      ...values.map((value) => ({ path, name, query: `${name}=${value}` })),
      { path, name, query: `${name}=1&${name}=1` },
    ]),
  ),
)('$path?$query is 400', async ({ path, name, query }) => {
  const { status, type, body } = await api.send('ann', 'GET', `${PATH}${path}?${query}`);
  expect({ status, type, body }).toEqual({
    status: 400,
    type: JSON_API,
    body: refusal(400, 'Bad Request', [{ parameter: name }]),
  });
});

test('every fault is named', async () => {
  const { body } = await api.send('ann', 'GET', `${PATH}/me?page=-1&items_per_page=0`);
  expect(body).toEqual(refusal(400, 'Bad Request', [{ parameter: 'page' }, { parameter: 'items_per_page' }]));
});
