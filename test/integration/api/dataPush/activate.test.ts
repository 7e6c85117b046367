import { type DataPushApi, SHOP, startDataPushApi } from './dataPushApi';

let api: DataPushApi;
beforeAll(async () => {
  api = await startDataPushApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  await api.clear();
  await api.register(['gs', 'hs', 'open']);
  await api.historyProcessed(['gs', 'hs']);
  for (const topic of ['gs', 'hs', 'open']) await api.publish({ topic });
});

const DONE = { status: 200, body: { code: '0', message: 'success' } };

async function states(): Promise<Record<string, string>> {
  return Object.fromEntries(Object.entries(await api.lanes()).map(([topic, { state }]) => [topic, state]));
}

async function stop(topic: string): Promise<void> {
  await api.setLane(topic, { state: 'stopped', reason: '503' });
}

async function retryLater(topic: string): Promise<void> {
  await api.setLane(topic, { state: 'retrying', next_attempt_at: '2040-01-01T00:00:00Z' });
}

test.each([
  ['no body', undefined],
  ['an empty one', {}],
  ['topicList null', { topicList: null, tenantId: null, appId: null, since: null }],
  ['topicList []', { ...SHOP, topicList: [] }],
])('with %s every push task that stands goes on', async (_, body) => {
  await stop('gs');
  await retryLater('hs');
  expect(await api.activate(body)).toEqual(DONE);
  expect(await states()).toEqual({ gs: 'running', hs: 'running', open: 'running' });
});

test('of topics that are named only those, and none that is not subscribed', async () => {
  await stop('gs');
  await retryLater('hs');
  expect(await api.activate({ topicList: ['hs', 't01', 'nowhere'] })).toEqual(DONE);
  expect(await states()).toEqual({ gs: 'stopped', hs: 'running', open: 'running' });
});

test('since opens a re-push of what was accepted since then', async () => {
  const windowOf = async (topic: string) => (await api.lanes())[topic] as unknown as Record<string, unknown>;
  const before = Date.now() - 3_600_000;
  expect(await api.activate({ topicList: ['gs'], since: before })).toEqual(DONE);
  expect(await windowOf('gs')).toMatchObject({ replay_since: new Date(before), replay_to: '1' });
  expect(await windowOf('hs')).toMatchObject({ replay_since: null });
  const written = `${new Date(before + 3_600_000).toISOString().slice(0, -1)}+01:00`;
  expect(await api.activate({ topicList: ['hs'], since: written })).toEqual(DONE);
  expect(await windowOf('hs')).toMatchObject({ replay_since: new Date(before) });
  expect(await api.activate({ topicList: ['open'], since: Date.now() + 3_600_000 })).toEqual(DONE);
  expect(await windowOf('open')).toMatchObject({ replay_since: null });
});

test.each([
  ['0', 0],
  ['seconds', Math.floor(Date.now() / 1000)],
  ['a moment in the years before', '2020-01-01T01:00:00+01:00'],
  ['a day and an hour more than is kept', Date.now() - (31 * 24 + 1) * 3_600_000],
])('since %s is refused, names the unit, and pushes nothing', async (_, since) => {
  const refused = await api.activate({ since });
  expect(refused).toMatchObject({
    status: 400,
    body: { code: '400', message: expect.stringContaining('milliseconds') },
  });
  for (const lane of Object.values(await api.lanes())) expect(lane).toMatchObject({ replay_since: null });
});

test('the app is the one of the key, or the one that an operator names', async () => {
  await stop('gs');
  const before = await api.everything();
  expect(await api.activate({}, 'desk')).toEqual(DONE);
  expect(await api.activate({}, 'spy')).toEqual(DONE);
  expect(await api.everything()).toBe(before);
  expect(await api.activate({}, 'operator')).toEqual({
    status: 400,
    body: { code: '400', message: expect.stringMatching(/^tenantId: /) },
  });
  expect(await api.activate({ tenantId: 'acme' }, 'operator')).toEqual({
    status: 400,
    body: { code: '400', message: expect.stringMatching(/^appId: /) },
  });
  expect(await api.activate({ ...SHOP, appId: 'nobody' }, 'operator')).toMatchObject({ status: 404 });
  expect(await api.everything()).toBe(before);
  expect(await api.activate({ appId: 'shop' }, 'acmeOperator')).toEqual(DONE);
  expect((await states()).gs).toBe('running');
});

test("a native subscription's lane is not a push task", async () => {
  const { id } = await api.subscribe('shop', { topics: ['gs'], ordered: true });
  await api.db.knex('lanes').where({ subscription_id: id }).update({ state: 'stopped' });
  expect(await api.activate({})).toEqual(DONE);
  expect(await api.db.knex('lanes').where({ subscription_id: id }).first()).toMatchObject({ state: 'stopped' });
});
