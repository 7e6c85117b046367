import { type DataPushApi, SHOP, startDataPushApi, WEBHOOK } from './dataPushApi';

let api: DataPushApi;
beforeAll(async () => {
  api = await startDataPushApi();
});
afterAll(() => api.stop());
beforeEach(() => api.clear());

const HELD = (topic: string) => ({ topic, historyStatus: false });
const PROCESSED = (topic: string) => ({ topic, historyStatus: true });

async function states(): Promise<Record<string, string>> {
  return Object.fromEntries(Object.entries(await api.lanes()).map(([topic, { state }]) => [topic, state]));
}

test('a registration answers its number and every topic, and is a subscription of its own interface', async () => {
  const answer = await api.register(['hs', 'open', 'gs']);
  expect(answer).toEqual({
    status: 200,
    body: {
      appRegisterId: expect.any(Number),
      topicHistoryStatusList: [HELD('hs'), PROCESSED('open'), HELD('gs')],
    },
  });
  const { appRegisterId } = answer.body;
  expect(Number.isSafeInteger(appRegisterId) && appRegisterId > 0).toBe(true);
  expect(await states()).toEqual({ gs: 'awaiting_history', hs: 'awaiting_history', open: 'idle' });
  expect((await api.registration()).interface_data).toEqual({ appRegisterId });
  const [listed] = (await api.call('shop', 'GET', '/v1/subscriptions')).body.data;
  expect(listed).toMatchObject({
    interface: 'data-push',
    ...SHOP,
    callbackUrl: WEBHOOK,
    topics: ['hs', 'open', 'gs'],
    retry: 'push',
    ordered: true,
    historyRequired: true,
    state: 'active',
  });
});

test('the key may stand in the header as it is', async () => {
  const response = await fetch(`${api.url}/topics/subscribe`, {
    method: 'POST',
    headers: { authorization: api.keys.shop },
    body: JSON.stringify({ ...SHOP, webhookUrl: WEBHOOK, more: 1 }),
  });
  expect(response.status).toBe(200);
});

test('a second one overwrites it: same number, other callback, other topics', async () => {
  const first = await api.register(['gs', 'hs']);
  await api.historyProcessed(['gs']);
  const before = await api.lanes();
  const webhookUrl = 'https://other.example/';
  const second = await api.register(['t01', 'gs', 't01'], { webhookUrl });
  expect(second).toEqual({
    status: 200,
    body: {
      appRegisterId: first.body.appRegisterId,
      topicHistoryStatusList: [HELD('t01'), PROCESSED('gs')],
    },
  });
  expect(await api.registration()).toMatchObject({ callback_url: webhookUrl, topics: ['t01', 'gs'] });
  const after = await api.lanes();
  expect(Object.keys(after)).toEqual(['gs', 't01']);
  expect(after.gs).toEqual(before.gs);
});

test('a topic that stays keeps what it holds; one that is dropped loses it and starts over when it is back', async () => {
  await api.register(['gs', 'hs']);
  await api.historyProcessed(['gs', 'hs']);
  const [kept = ''] = (await api.publish({ topic: 'gs' })).deliveryIds;
  const [dropped = ''] = (await api.publish({ topic: 'hs' })).deliveryIds;
  expect((await api.register(['gs'])).body.topicHistoryStatusList).toEqual([PROCESSED('gs')]);
  expect((await api.publish({ topic: 'hs' })).deliveryIds).toEqual([]);
  const read = async (id: string) => (await api.call('shop', 'GET', `/v1/deliveries/${id}`)).body;
  expect(await read(kept)).toMatchObject({ state: 'pending' });
  expect(await read(dropped)).toMatchObject({ state: 'cancelled', reason: 'topic_dropped' });

  const back = await api.register(['gs', 'hs']);
  expect(back.body.topicHistoryStatusList).toEqual([PROCESSED('gs'), HELD('hs')]);
  const [fresh = ''] = (await api.publish({ topic: 'hs' })).deliveryIds;
  expect(await read(fresh)).toMatchObject({ state: 'pending' });
  expect((await api.lanes()).hs).toMatchObject({ state: 'awaiting_history', counter: '1' });
});

test('the catalogue decides what is held when a topic is added, not later', async () => {
  await api.register(['open', 'gs']);
  await api.call('operator', 'PUT', '/v1/topics/open', { name: 'Open' });
  await api.call('operator', 'PUT', '/v1/topics/gs', { name: 'GS', historyRequired: false });
  const again = await api.register(['open', 'gs']);
  expect(again.body.topicHistoryStatusList).toEqual([PROCESSED('open'), HELD('gs')]);
});

describe.each([
  ['absent', undefined],
  ['null', null],
  ['empty', []],
])('with topicList %s', (_, blank) => {
  test('a first registration subscribes nothing', async () => {
    const answer = await api.register(blank);
    expect(answer).toEqual({ status: 200, body: { appRegisterId: expect.any(Number), topicHistoryStatusList: [] } });
    expect(await states()).toEqual({});
    expect((await api.publish()).deliveryIds).toEqual([]);
    expect((await api.register(['gs'])).body).toEqual({
      appRegisterId: answer.body.appRegisterId,
      topicHistoryStatusList: [HELD('gs')],
    });
  });

  test('a later one leaves the topics as they are, and changes the callback', async () => {
    const { body } = await api.register(['gs', 'open']);
    const [held] = (await api.publish()).deliveryIds;
    const webhookUrl = 'https://new.example/';
    expect(await api.register(blank, { webhookUrl })).toEqual({ status: 200, body });
    expect((await api.registration()).callback_url).toBe(webhookUrl);
    expect((await api.call('shop', 'GET', `/v1/deliveries/${held}`)).body.state).toBe('pending');
    expect((await api.publish()).deliveryIds).toHaveLength(1);
  });
});

test('20 registrations of one app at once make one, with one number', async () => {
  const numbered = Array.from({ length: 20 }, (_, at) => `t${String(at).padStart(2, '0')}`);
  const answers = await Promise.all(numbered.map((topic) => api.register([topic, 'gs'])));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(answers.map(({ body }) => body.appRegisterId)).size).toBe(1);
  const { id, topics } = await api.registration();
  expect(Object.keys(await api.lanes()).sort()).toEqual([...topics].sort());
  expect(topics).toHaveLength(2);
  expect(await api.db.knex('subscription_secrets').where({ subscription_id: id })).toHaveLength(1);
  const selectors = await api.db.knex('subscription_selectors').where({ subscription_id: id }).orderBy('selector');
  expect(selectors.map(({ selector }) => selector)).toEqual(
    [...topics].sort().map((topic: string) => `topic:${topic}`),
  );
});

test('each app has a number of its own', async () => {
  const shop = await api.register(['gs']);
  const desk = await api.register(['gs'], { appId: 'desk' }, 'desk');
  const spy = await api.register(['gs'], { tenantId: 'rival', appId: 'spy' }, 'spy');
  const numbers = [shop, desk, spy].map(({ body }) => body.appRegisterId);
  expect(new Set(numbers).size).toBe(3);
  expect((await api.publish()).deliveryIds).toHaveLength(2);
});

test('operators register for an app that they may act for', async () => {
  const own = await api.register(['gs']);
  expect((await api.register(['gs'], {}, 'operator')).body).toEqual(own.body);
  expect((await api.register(['gs'], {}, 'acmeOperator')).body).toEqual(own.body);
  expect(await api.register(['gs'], { appId: 'nobody' }, 'operator')).toEqual({
    status: 404,
    body: { code: '404', message: 'no such app' },
  });
});

test('events of a tenant that granted the app its own are kept too', async () => {
  await api.register(['gs'], { tenantId: 'rival', appId: 'spy' }, 'spy');
  expect((await api.publish()).deliveryIds).toEqual([]);
  await api.call('operator', 'POST', '/v1/apps/rival/spy/grants', { tenantId: 'acme' });
  expect((await api.publish()).deliveryIds).toHaveLength(1);
  await api.register(['hs'], { tenantId: 'rival', appId: 'spy' }, 'spy');
  expect((await api.publish({ topic: 'hs' })).deliveryIds).toHaveLength(1);
});

test('a topic that is added while the registration is paused waits for its history after that', async () => {
  await api.register(['open']);
  const { id } = await api.registration();
  await api.call('shop', 'POST', `/v1/subscriptions/${id}/pause`);
  expect((await api.register(['open', 'gs'])).body.topicHistoryStatusList).toEqual([PROCESSED('open'), HELD('gs')]);
  expect(await states()).toEqual({ open: 'paused', gs: 'paused' });
  await api.call('shop', 'POST', `/v1/subscriptions/${id}/resume`);
  expect(await states()).toEqual({ open: 'idle', gs: 'awaiting_history' });
});

test('over /v1 it can be read, paused, resumed and its secret shown, and no more', async () => {
  await api.register(['gs']);
  const { id } = await api.registration();
  const path = `/v1/subscriptions/${id}`;
  const status = async (method: string, rest = '', body?: unknown) =>
    (await api.call('shop', method, path + rest, body)).status;
  expect(await status('GET')).toBe(200);
  expect(await status('GET', '/secret')).toBe(200);
  expect(await status('POST', '/pause')).toBe(200);
  expect(await status('POST', '/resume')).toBe(200);
  expect(await status('PATCH', '', { topics: ['hs'] })).toBe(409);
  expect(await status('DELETE')).toBe(409);
  expect((await api.registration()).topics).toEqual(['gs']);
});

test('a native subscription of the app is not its registration', async () => {
  const native = await api.subscribe('shop', { topics: ['gs'], ordered: true });
  await api.register(['hs']);
  expect((await api.registration()).id).not.toBe(native.id);
  expect((await api.call('shop', 'GET', `/v1/subscriptions/${native.id}`)).body.topics).toEqual(['gs']);
});
