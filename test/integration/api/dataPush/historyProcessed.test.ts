import { type DataPushApi, SHOP, startDataPushApi } from './dataPushApi';

let api: DataPushApi;
beforeAll(async () => {
  api = await startDataPushApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  await api.clear();
  await api.register(['gs', 'hs', 'open']);
});

const DONE = { status: 200, body: { data: true } };

async function statuses(): Promise<Record<string, boolean>> {
  const { body } = await api.register();
  const list: { topic: string; historyStatus: boolean }[] = body.topicHistoryStatusList;
  return Object.fromEntries(list.map(({ topic, historyStatus }) => [topic, historyStatus]));
}

test('is true from then on for the topics that are named, and for no other', async () => {
  expect(await statuses()).toEqual({ gs: false, hs: false, open: true });
  expect(await api.historyProcessed(['hs', 'hs'])).toEqual(DONE);
  expect(await statuses()).toEqual({ gs: false, hs: true, open: true });
  expect(await api.historyProcessed(['gs', 'open'])).toEqual(DONE);
  expect(await statuses()).toEqual({ gs: true, hs: true, open: true });
});

test('lets a push task run when something is held, and else wait for it', async () => {
  await api.publish({ topic: 'gs' });
  await api.historyProcessed(['gs', 'hs']);
  expect(await api.lanes()).toMatchObject({ gs: { state: 'running' }, hs: { state: 'idle' } });
});

test.each([
  ['not subscribed', ['t01']],
  ['not in the catalogue', ['nowhere']],
  ['none: absent', undefined],
  ['none: null', null],
  ['none: empty', []],
])('topics that are %s change nothing', async (_, topicList) => {
  const before = await api.everything();
  expect(await api.historyProcessed(topicList)).toEqual(DONE);
  expect(await api.everything()).toBe(before);
});

test('twice is once', async () => {
  await api.historyProcessed(['gs']);
  await api.setLane('gs', { state: 'stopped', reason: 'timeout' });
  const before = await api.everything();
  expect(await api.historyProcessed(['gs'])).toEqual(DONE);
  expect(await api.everything()).toBe(before);
});

test('counts while the registration is paused, and does not resume it', async () => {
  const { id } = await api.registration();
  await api.call('shop', 'POST', `/v1/subscriptions/${id}/pause`);
  expect(await statuses()).toEqual({ gs: false, hs: false, open: true });
  expect(await api.historyProcessed(['gs'])).toEqual(DONE);
  expect(await statuses()).toEqual({ gs: true, hs: false, open: true });
  expect(await api.lanes()).toMatchObject({ gs: { state: 'paused' }, hs: { state: 'paused' } });
});

test('before any registration changes nothing, and of an unknown app is 404', async () => {
  const before = await api.everything();
  const call = (appId: string) =>
    api.call('operator', 'POST', '/topics/historyProcessed', { ...SHOP, appId, topicList: ['gs'] });
  expect(await call('desk')).toEqual(DONE);
  expect(await call('nobody')).toEqual({ status: 404, body: { code: '404', message: 'no such app' } });
  expect(await api.everything()).toBe(before);
});

test("a native subscription's lane is not a push task", async () => {
  await api.subscribe('shop', { topics: ['t01'], ordered: true, historyRequired: true });
  const before = await api.everything();
  expect(await api.historyProcessed(['t01'])).toEqual(DONE);
  expect(await api.everything()).toBe(before);
});
