import { dayOfId } from '../../../../src/contracts/ids';
import { type Answer, type NativeApi, startNativeApi } from './nativeApi';

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
    workflowId: `lane/acme/shop/${subscriptionId.slice(15)}`,
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
  const due = { next_attempt_at: '2020-01-01T00:00:00Z' };
  await api.db
    .knex('deliveries')
    .where({ id: second, day: dayOfId(second) })
    .update(due);
  const nothingToCome = { status: 200, body: { ...paused.body, nextAttemptAt: null } };
  expect(await api.call('shop', 'GET', `/v1/lanes/${idle.id}`)).toEqual(nothingToCome);
  expect(await api.call('shop', 'GET', `/v1/deliveries/${second}`)).toMatchObject({
    body: { nextAttemptAt: null, waitsBehind: { laneId: idle.id, state: 'paused', reason: 'paused' } },
  });
  await api.db
    .knex('deliveries')
    .where({ id: second, day: dayOfId(second) })
    .update({ next_attempt_at: '2040-01-01T00:00:00Z' });
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

describe('an ordered subscription', () => {
  /** An ordered subscription of a fresh topic `gs` and its lane; three deliveries wait in it. */
  async function make(more: Record<string, unknown> = {}) {
    const { id: subscriptionId } = await api.subscribe('desk', { topics: ['gs', 'hs'], ordered: true, ...more });
    const own = { subscription_id: subscriptionId };
    const { id } = await api.db
      .knex('lanes')
      .where({ ...own, topic: 'gs' })
      .first('id');
    const line: string[] = [];
    for (let count = 0; count < 3; count++) {
      const { deliveryIds } = await api.publish();
      const rows = await api.db.knex('deliveries').where(own).whereIn('id', deliveryIds);
      line.push(...rows.map((row) => row.id));
    }
    return {
      subscriptionId,
      id,
      line,
      read: () => api.call('desk', 'GET', `/v1/lanes/${id}`),
      steer: (verb: string, body?: unknown): Promise<Answer> =>
        api.call('desk', 'POST', `/v1/lanes/${id}/${verb}`, body),
      set: (change: Record<string, unknown>) => api.db.knex('lanes').where({ id }).update(change),
    };
  }

  test('has a lane for each topic, with what waits in its line', async () => {
    const { subscriptionId, id, line, read } = await make({ historyRequired: true });
    const lane = {
      id,
      subscriptionId,
      topic: 'gs',
      state: 'awaiting_history',
      reason: null,
      since: TIMESTAMP,
      waiting: 3,
      head: line[0],
      nextAttemptAt: null,
      workflowId: `lane/acme/desk/gs/${subscriptionId.slice(15)}`,
    };
    expect(await read()).toEqual({ status: 200, body: lane });
    const { body } = await api.call('desk', 'GET', '/v1/lanes?state=awaiting_history');
    const own = body.data.filter((each: { subscriptionId: string }) => each.subscriptionId === subscriptionId);
    expect(own).toEqual(
      expect.arrayContaining([lane, expect.objectContaining({ topic: 'hs', waiting: 0, head: null })]),
    );
    const { body: delivery } = await api.call('desk', 'GET', `/v1/deliveries/${line[0]}`);
    expect(delivery).toMatchObject({
      ...{ state: 'pending', nextAttemptAt: null, workflowId: lane.workflowId },
      waitsBehind: { laneId: lane.id, state: 'awaiting_history', reason: null },
    });
  });

  test('the lowest number goes next, whatever the ids say', async () => {
    const { line, read } = await make();
    const [first = '', second = '', third = ''] = line;
    const number = (id: string, lane_number: number) =>
      api.db
        .knex('deliveries')
        .where({ id, day: dayOfId(id) })
        .update({ lane_number });
    await number(third, 0);
    expect((await read()).body.head).toBe(third);
    await api.call('desk', 'POST', `/v1/deliveries/${third}/cancel`);
    expect((await read()).body).toMatchObject({ waiting: 2, head: first });
    await number(second, -1);
    expect((await read()).body.head).toBe(second);
  });

  test('nextAttemptAt is the one of the lane', async () => {
    const { line, read, set } = await make();
    const [head = ''] = line;
    await api.db
      .knex('deliveries')
      .where({ id: head, day: dayOfId(head) })
      .update({ next_attempt_at: '2039-01-01' });
    await set({ state: 'retrying', next_attempt_at: '2040-01-01T00:00:00Z' });
    expect((await read()).body).toMatchObject({ state: 'retrying', nextAttemptAt: '2040-01-01T00:00:00.000Z' });
    await set({ state: 'stopped', reason: 'gone', next_attempt_at: null });
    expect((await read()).body).toMatchObject({ state: 'stopped', reason: 'gone', nextAttemptAt: null });
  });

  test('historyProcessed lets out what is held, and twice is once', async () => {
    const { steer, read } = await make({ historyRequired: true });
    const processed = await steer('historyProcessed');
    expect(processed).toMatchObject({ status: 200, body: { state: 'running', waiting: 3 } });
    expect(await read()).toEqual(processed);
    expect(await steer('historyProcessed')).toEqual(processed);
  });

  test('stop holds it until activate, and twice is once', async () => {
    const { steer } = await make();
    const stopped = await steer('stop');
    expect(stopped).toMatchObject({ status: 200, body: { state: 'stopped', reason: 'stopped_by_hand', waiting: 3 } });
    expect(await steer('stop')).toEqual(stopped);
    expect(await steer('activate')).toMatchObject({ status: 200, body: { state: 'running', reason: null } });
  });

  test('a lane that awaits its history, or is not ordered, cannot be stopped', async () => {
    const held = await make({ historyRequired: true });
    expect((await held.steer('stop')).status).toBe(409);
    const { id: subscriptionId } = await api.subscribe('desk');
    const { id } = await api.db.knex('lanes').where({ subscription_id: subscriptionId }).first('id');
    expect((await api.call('desk', 'POST', `/v1/lanes/${id}/stop`)).status).toBe(409);
    expect((await api.call('desk', 'POST', `/v1/lanes/${id}/activate`)).body).toMatchObject({ id, state: 'idle' });
  });

  test('since is nothing for a lane without an order, and says so', async () => {
    const { id: subscriptionId } = await api.subscribe('desk');
    const { id } = await api.db.knex('lanes').where({ subscription_id: subscriptionId }).first('id');
    const since = Date.now() - 3_600_000;
    expect(await api.call('desk', 'POST', `/v1/lanes/${id}/activate`, { since })).toMatchObject({
      status: 409,
      body: { code: 'lane_not_ordered', errors: [{ field: 'since' }] },
    });
  });

  test.each([
    ['milliseconds', (at: Date) => at.getTime()],
    ['ISO 8601', (at: Date) => at.toISOString()],
  ])('activate takes since in %s', async (_, write) => {
    const { id, steer } = await make();
    const since = new Date(Date.now() - 3_600_000);
    expect((await steer('activate', { since: write(since) })).status).toBe(200);
    expect(await api.db.knex('lanes').where({ id }).first()).toMatchObject({ replay_since: since, replay_to: '3' });
  });

  test.each([
    { since: 'yesterday' },
    { since: null },
    { since: -1 },
    { since: 0 },
    { since: 1760000000 },
    { colour: 1 },
  ])('activate takes no body like %j', async (body) => {
    const { steer } = await make();
    expect(await steer('activate', body)).toMatchObject({
      status: 400,
      body: { errors: [{ field: Object.keys(body)[0] }] },
    });
  });
});
