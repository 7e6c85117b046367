import { dayOfId } from '../../../../src/contracts/ids';
import { type NativeApi, startNativeApi } from './nativeApi';

let api: NativeApi;
beforeAll(async () => {
  // What is cancelled as a whole stays unwritten here: reads must know it by themselves.
  api = await startNativeApi({ sweeps: false });
});
afterAll(() => api.stop());

const TIMESTAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);

async function setDelivery(id: string, values: Record<string, unknown>): Promise<void> {
  await api.db
    .knex('deliveries')
    .where({ id, day: dayOfId(id) })
    .update(values);
}

async function addAttempt(id: string, values: Record<string, unknown>): Promise<void> {
  await api.db.knex('attempts').insert({
    delivery_id: id,
    day: dayOfId(id),
    started_at: '2026-01-02T03:04:05.678Z',
    duration_ms: 12,
    ...values,
  });
}

async function list(key: Parameters<NativeApi['call']>[0], query = ''): Promise<string[]> {
  const { status, body } = await api.call(key, 'GET', `/v1/deliveries?limit=500${query}`);
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body.data.map((each: { id: string }) => each.id);
}

describe('one delivery', () => {
  test('has its attempts, in order, and what comes next', async () => {
    const { id: subscriptionId } = await api.subscribe('shop');
    const { eventId, deliveryIds } = await api.publish();
    const [id = ''] = deliveryIds;
    await addAttempt(id, { number: 2, error: 'timeout after 100 ms' });
    await addAttempt(id, { number: 1, status_code: 503, response_excerpt: 'x'.repeat(4096) });
    await setDelivery(id, { attempt: 2, next_attempt_at: '2040-01-01T00:00:00Z', generation: 3 });
    const delivery = {
      id,
      eventId,
      subscriptionId,
      topic: 'gs',
      state: 'pending',
      reason: null,
      attempts: [
        {
          number: 1,
          startedAt: '2026-01-02T03:04:05.678Z',
          durationMs: 12,
          statusCode: 503,
          error: null,
          responseExcerpt: 'x'.repeat(4096),
        },
        {
          number: 2,
          startedAt: '2026-01-02T03:04:05.678Z',
          durationMs: 12,
          statusCode: null,
          error: 'timeout after 100 ms',
          responseExcerpt: null,
        },
      ],
      nextAttemptAt: '2040-01-01T00:00:00.000Z',
      waitsBehind: null,
      workflowId: `delivery/acme/shop/gs/${id.slice(15)}/3`,
      createdAt: TIMESTAMP,
      finishedAt: null,
      replayOf: null,
    };
    expect(await api.call('shop', 'GET', `/v1/deliveries/${id}`)).toEqual({ status: 200, body: delivery });
    const { body } = await api.call('shop', 'GET', '/v1/deliveries');
    expect(body.data[0].attempts[0].responseExcerpt).toHaveLength(256);
    expect({ ...body.data[0], attempts: [] }).toEqual({ ...delivery, attempts: [] });
    await setDelivery(id, { due_by: null });
    const waiting = await api.call('shop', 'GET', `/v1/deliveries/${id}`);
    expect(waiting.body).toMatchObject({
      nextAttemptAt: '2040-01-01T00:00:00.000Z',
      waitsBehind: { laneId: expect.any(String), state: 'idle', reason: null },
    });
    expect(waiting.body.workflowId).toBe(`lane/acme/shop/${subscriptionId.slice(15)}`);
    await api.call('shop', 'DELETE', `/v1/subscriptions/${subscriptionId}`);
  });

  test.each([
    'x',
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-7fff-bfff-ffffffffffff',
    '01a20324-9acb-7628-aa08-63850e4abb7e',
  ])('%s is unknown', async (id) => {
    for (const path of [`/v1/deliveries/${id}`, `/v1/events/${id}`, `/v1/lanes/${id}`, `/v1/subscriptions/${id}`]) {
      expect({ path, status: (await api.call('operator', 'GET', path)).status }).toEqual({ path, status: 404 });
    }
  });

  test('can be cancelled and retried, in the states that allow it', async () => {
    const { id: subscriptionId } = await api.subscribe('shop');
    const first = (await api.publish()).deliveryIds[0] ?? '';
    const cancelled = await api.call('shop', 'POST', `/v1/deliveries/${first}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { id: first, state: 'cancelled', finishedAt: TIMESTAMP } });
    expect((await api.call('shop', 'POST', `/v1/deliveries/${first}/cancel`)).status).toBe(409);
    expect((await api.call('shop', 'POST', `/v1/deliveries/${first}/retry`)).status).toBe(409);

    const second = (await api.publish()).deliveryIds[0] ?? '';
    await setDelivery(second, { state: 'failed', reason: 'gone', finished_at: new Date(), due_by: null });
    expect((await api.call('shop', 'POST', `/v1/deliveries/${second}/cancel`)).status).toBe(409);
    const retried = await api.call('shop', 'POST', `/v1/deliveries/${second}/retry`);
    expect(retried).toMatchObject({
      status: 200,
      body: { state: 'pending', reason: null, workflowId: `delivery/acme/shop/gs/${second.slice(15)}/2` },
    });
    await setDelivery(second, { state: 'delivered', finished_at: new Date(), due_by: null });
    expect((await api.call('shop', 'POST', `/v1/deliveries/${second}/retry`)).status).toBe(409);
    await api.call('shop', 'DELETE', `/v1/subscriptions/${subscriptionId}`);
  });
});

describe('the list', () => {
  test('filters by state, subscription, topic and time, newest first, in every scope', async () => {
    const gs = await api.subscribe('desk');
    const both = await api.subscribe('desk', { topics: ['gs', 'hs'] });
    const rival = await api.subscribe('spy', { topics: ['gs', 'hs'] });
    const one = await api.publish();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const between = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const two = await api.publish({ topic: 'hs' });
    const theirs = await api.publish({ tenantId: 'rival' });
    const newestFirst = (ids: string[]) => [...ids].sort().reverse();
    const acme = newestFirst([...one.deliveryIds, ...two.deliveryIds]);

    expect(await list('desk')).toEqual(acme);
    expect(await list('spy')).toEqual(theirs.deliveryIds);
    expect((await list('acmeOperator')).slice(0, 3)).toEqual(acme);
    expect((await list('operator')).slice(0, 4)).toEqual([...theirs.deliveryIds, ...acme]);
    expect(await list('shop', `&subscriptionId=${(await api.subscribe('shop')).id}`)).toEqual([]);
    expect(await list('portalUser')).toEqual([]);

    expect(await list('desk', '&topic=hs')).toEqual(two.deliveryIds);
    expect(await list('operator', `&subscriptionId=${gs.id}`)).toHaveLength(1);
    expect(await list('desk', `&subscriptionId=${both.id}&topic=gs`)).toHaveLength(1);
    expect(await list('desk', `&since=${between}`)).toEqual(two.deliveryIds);
    expect(await list('desk', `&since=${Date.parse(between)}`)).toEqual(two.deliveryIds);
    expect(await list('desk', `&until=${between}`)).toEqual(newestFirst(one.deliveryIds));
    expect(await list('desk', `&until=2020-01-01T00:00:00%2B01:00`)).toEqual([]);
    expect(await list('desk', `&since=2020-01-01T00:00:00Z&until=9999-12-31T23:59:59Z`)).toEqual(acme);

    const [failed = '', delivered = ''] = one.deliveryIds;
    await setDelivery(failed, { state: 'failed', reason: 'retries_exhausted' });
    await setDelivery(delivered, { state: 'delivered' });
    for (const key of ['desk', 'acmeOperator', 'operator'] as const) {
      expect(await list(key, '&state=failed')).toEqual([failed]);
      expect(await list(key, '&state=delivered')).toContain(delivered);
      expect(await list(key, '&state=pending')).toEqual(expect.arrayContaining(two.deliveryIds));
      expect(await list(key, '&state=pending')).not.toContain(failed);
    }
    expect(await list('desk', '&state=pending')).toEqual(two.deliveryIds);
    for (const { id, key } of [
      { id: rival.id, key: 'desk' },
      { id: gs.id, key: 'spy' },
      { id: gs.id, key: 'shop' },
      { id: gs.id, key: 'rivalOperator' },
      { id: 'x', key: 'operator' },
    ] as const) {
      expect((await api.call(key, 'GET', `/v1/deliveries?subscriptionId=${id}`)).status).toBe(404);
    }
  });

  test('shows what is cancelled as a whole as such, in every filter, before its rows say so', async () => {
    const deleted = await api.subscribe('shop');
    const narrowed = await api.subscribe('shop', { topics: ['gs', 'hs'] });
    const gs = await api.publish();
    const hs = await api.publish({ topic: 'hs' });
    await api.call('shop', 'DELETE', `/v1/subscriptions/${deleted.id}`);
    const taken = await api.call('shop', 'PATCH', `/v1/subscriptions/${narrowed.id}`, { topics: ['gs'] });
    expect(taken.body.cancelled).toBe(1);

    const of = async (subscriptionId: string, state: string) =>
      (await api.call('shop', 'GET', `/v1/deliveries?subscriptionId=${subscriptionId}&state=${state}`)).body.data;
    expect(await of(deleted.id, 'pending')).toEqual([]);
    expect(await of(deleted.id, 'cancelled')).toMatchObject([
      { state: 'cancelled', reason: 'subscription_deleted', nextAttemptAt: null, finishedAt: TIMESTAMP },
    ]);
    expect(await of(narrowed.id, 'cancelled')).toMatchObject([
      { state: 'cancelled', reason: 'topic_dropped', topic: 'hs' },
    ]);
    expect(await of(narrowed.id, 'pending')).toMatchObject([{ state: 'pending', topic: 'gs' }]);
    const ours = [...gs.deliveryIds, ...hs.deliveryIds];
    const pending = (await list('acmeOperator', '&state=pending')).filter((id) => ours.includes(id));
    const cancelled = (await list('operator', '&state=cancelled')).filter((id) => ours.includes(id));
    expect(pending.filter((id) => cancelled.includes(id))).toEqual([]);
    const dropped = hs.deliveryIds.find((id) => cancelled.includes(id)) ?? '';
    expect((await api.call('shop', 'POST', `/v1/deliveries/${dropped}/retry`)).status).toBe(409);
    expect((await api.call('shop', 'POST', `/v1/deliveries/${dropped}/cancel`)).status).toBe(409);
  });

  test('pages without gaps and repeats, also while new ones come', async () => {
    const { id } = await api.subscribe('spy', { topics: ['octo/hello'] });
    for (let count = 0; count < 7; count++) await api.publish({ tenantId: 'rival', topic: 'octo/hello' });
    const whole = await list('spy', `&subscriptionId=${id}`);
    for (const key of ['spy', 'rivalOperator', 'operator'] as const) {
      const seen: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page = await api.call(
          key,
          'GET',
          `/v1/deliveries?topic=octo/hello&limit=3${cursor && `&cursor=${cursor}`}`,
        );
        seen.push(...page.body.data.map((each: { id: string }) => each.id));
        cursor = page.body.nextCursor;
        await api.publish({ tenantId: 'acme', topic: 'octo/hello' });
      }
      expect(seen).toEqual(whole);
    }
  });
});
