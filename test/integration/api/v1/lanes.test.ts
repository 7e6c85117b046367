import { dayOfId } from '../../../../src/contracts/ids';
import { type NativeApi, startNativeApi } from './nativeApi';

let api: NativeApi;
beforeAll(async () => {
  api = await startNativeApi();
});
afterAll(() => api.stop());

const TIMESTAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);

test('a lane shows what waits behind it', async () => {
  const { id: subscriptionId } = await api.subscribe('shop');
  const {
    body: { data },
  } = await api.call('shop', 'GET', '/v1/lanes');
  const [idle] = data;
  expect(idle).toEqual({
    id: expect.any(String),
    subscriptionId,
    topic: '',
    state: 'idle',
    reason: null,
    since: TIMESTAMP,
    waiting: 0,
    head: null,
    nextAttemptAt: null,
    workflowId: `lane/${subscriptionId}`,
  });
  const onItsOwn = await api.publish();
  await api.call('shop', 'POST', `/v1/subscriptions/${subscriptionId}/pause`);
  const first = (await api.publish()).deliveryIds[0] ?? '';
  const second = (await api.publish()).deliveryIds[0] ?? '';
  await api.db
    .knex('deliveries')
    .where({ id: second, day: dayOfId(second) })
    .update({ next_attempt_at: '2040-01-01T00:00:00Z' });
  const paused = await api.call('shop', 'GET', `/v1/lanes/${idle.id}`);
  expect(paused).toEqual({
    status: 200,
    body: {
      ...idle,
      state: 'paused',
      reason: 'paused',
      since: TIMESTAMP,
      waiting: 2,
      head: first,
      nextAttemptAt: '2040-01-01T00:00:00.000Z',
    },
  });
  expect(paused.body.head).not.toBe(onItsOwn.deliveryIds[0]);
  expect((await api.call('acmeOperator', 'GET', '/v1/lanes?state=paused')).body.data).toEqual([paused.body]);
  expect((await api.call('operator', 'GET', '/v1/lanes?state=sick')).body.data).toEqual([]);
  for (const key of ['spy', 'desk', 'rivalOperator', 'portalUser'] as const) {
    expect((await api.call(key, 'GET', `/v1/lanes/${idle.id}`)).status).toBe(404);
    expect((await api.call(key, 'GET', '/v1/lanes')).body.data).toEqual([]);
  }
  await api.call('shop', 'DELETE', `/v1/subscriptions/${subscriptionId}`);
  expect((await api.call('shop', 'GET', `/v1/lanes/${idle.id}`)).status).toBe(404);
});

test('lanes are listed newest first, page by page', async () => {
  for (let count = 0; count < 5; count++) await api.subscribe('spy');
  const whole = (await api.call('spy', 'GET', '/v1/lanes')).body.data;
  const first = await api.call('rivalOperator', 'GET', '/v1/lanes?limit=2');
  const rest = await api.call('rivalOperator', 'GET', `/v1/lanes?limit=3&cursor=${first.body.nextCursor}`);
  expect([...first.body.data, ...rest.body.data]).toEqual(whole);
  expect(rest.body.nextCursor).toBeNull();
});
