import { type KeyName, type NativeApi, startNativeApi } from './nativeApi';

let api: NativeApi;
beforeAll(async () => {
  api = await startNativeApi();
  await api.call('operator', 'POST', '/v1/apps/rival/spy/grants', { tenantId: 'acme' });
});
afterAll(() => api.stop());

const TIMESTAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);

async function statusFor(key: KeyName, eventId: string): Promise<number> {
  return (await api.call(key, 'GET', `/v1/events/${eventId}`)).status;
}

test('an event reads as it came, to the last digit, with the deliveries of the scope', async () => {
  const shop = await api.subscribe('shop', { topics: ['hs'] });
  const spy = await api.subscribe('spy', { topics: ['hs'] });
  const changes = '[ 12345678901234567890, {"realmId":9007199254740993,"n":1e400} ]';
  const { eventId } = await api.publish({ topic: 'hs', changes });
  const response = await fetch(`${api.url}/v1/events/${eventId}`, { headers: { authorization: api.keys.shop } });
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  const text = await response.text();
  expect(text).toContain(`"changes":${changes}`);
  const event = {
    id: eventId,
    tenantId: 'acme',
    source: 'a',
    topic: 'hs',
    type: 'cert',
    status: '1',
    key: 'a.hs.cert.1',
    changes: JSON.parse(changes),
    occurredAt: TIMESTAMP,
  };
  expect(JSON.parse(text)).toEqual({
    ...event,
    deliveries: [expect.objectContaining({ eventId, subscriptionId: shop.id, state: 'pending', attempts: [] })],
    nextCursor: null,
  });

  const subscriptionsFor = async (key: KeyName) => {
    const { body } = await api.call(key, 'GET', `/v1/events/${eventId}`);
    return body.deliveries.map((each: { subscriptionId: string }) => each.subscriptionId);
  };
  // The grant lets the other tenant's app have the event; neither side sees the other's delivery of it.
  expect(await subscriptionsFor('spy')).toEqual([spy.id]);
  expect(await subscriptionsFor('rivalOperator')).toEqual([spy.id]);
  expect(await subscriptionsFor('acmeOperator')).toEqual([shop.id]);
  expect((await subscriptionsFor('operator')).sort()).toEqual([shop.id, spy.id].sort());
  expect(await statusFor('desk', eventId)).toBe(404);
  expect(await statusFor('portalUser', eventId)).toBe(404);
});

test('an event that nobody matched is seen by operators of its tenant and of the installation', async () => {
  const { eventId } = await api.publish({ topic: 'nobody' });
  expect(await statusFor('operator', eventId)).toBe(200);
  expect(await statusFor('acmeOperator', eventId)).toBe(200);
  expect(await statusFor('rivalOperator', eventId)).toBe(404);
  expect(await statusFor('shop', eventId)).toBe(404);
});

test('producers see what they published, with ids and states alone', async () => {
  await api.subscribe('desk', { topics: ['octo/hello'] });
  const own = await api.publish({
    topic: 'octo/hello',
    publisher: { tenantId: 'acme', appId: null, keyId: 'an older key of the tenant' },
  });
  const { body } = await api.call('producer', 'GET', `/v1/events/${own.eventId}`);
  expect(body.deliveries).toEqual([{ id: own.deliveryIds[0], state: 'pending' }]);
  expect(await statusFor('rivalProducer', own.eventId)).toBe(404);
  expect(await statusFor('platform', own.eventId)).toBe(404);

  const ofAnApp = await api.publish({ publisher: { tenantId: 'acme', appId: 'desk', keyId: 'k' } });
  expect(await statusFor('producer', ofAnApp.eventId)).toBe(404);
  const ofPlatform = await api.publish({
    publisher: { tenantId: null, appId: null, keyId: api.keyId('platform') },
  });
  expect(await statusFor('platform', ofPlatform.eventId)).toBe(200);
  expect(await statusFor('producer', ofPlatform.eventId)).toBe(404);
});

test('deliveries of an event come in pages', async () => {
  for (let count = 0; count < 5; count++) await api.subscribe('shop', { topics: ['gs'] });
  const { eventId, deliveryIds } = await api.publish();
  const seen = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body } = await api.call('shop', 'GET', `/v1/events/${eventId}?limit=2${cursor && `&cursor=${cursor}`}`);
    expect(body.changes).toEqual(['id1']);
    seen.push(...body.deliveries.map((each: { id: string }) => each.id));
    cursor = body.nextCursor;
  }
  expect(seen.sort()).toEqual(deliveryIds.sort());
});

test("a producer's cursor tells nothing of the subscriptions of others, and is for nobody else", async () => {
  for (let count = 0; count < 2; count++) await api.subscribe('desk', { topics: ['octo/hello'] });
  const { eventId, deliveryIds } = await api.publish({ topic: 'octo/hello' });
  const read = (key: KeyName, query: string) => api.call(key, 'GET', `/v1/events/${eventId}?limit=1${query}`);
  const { body } = await read('producer', '');
  const opened = Buffer.from(body.nextCursor, 'base64url').toString('latin1');
  const { rows } = await api.db.knex.raw('SELECT subscription_id FROM deliveries WHERE id = ANY(?)', [deliveryIds]);
  expect(rows.length).toBeGreaterThanOrEqual(2);
  for (const { subscription_id: id } of rows) {
    expect(opened).not.toContain(id);
    expect(opened).not.toContain(Buffer.from(id.replaceAll('-', ''), 'hex').toString('latin1'));
  }
  expect((await read('producer', `&cursor=${body.nextCursor}`)).status).toBe(200);
  for (const key of ['acmeOperator', 'desk', 'rivalProducer', 'platform'] as const) {
    expect(await read(key, `&cursor=${body.nextCursor}`)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'cursor', message: 'is not a nextCursor of this list' }] },
    });
  }
  expect((await api.call('producer', 'GET', `/v1/deliveries?cursor=${body.nextCursor}`)).status).toBe(403);
});

test('replays of a delivery come after it, page by page, in the scope that it has', async () => {
  const topics = ['octo/hello'];
  for (const key of ['shop', 'shop', 'desk'] as const) await api.subscribe(key, { topics, ordered: true });
  const { eventId } = await api.publish({ topic: 'octo/hello' });
  await api.db.knex('deliveries').where({ event_id: eventId }).update({ state: 'delivered' });
  const { rows: copies } = await api.db.knex.raw(
    `INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                             lane_number, replay_of, created_at)
     SELECT uuid_v7_at((extract(epoch FROM created_at) * 1000)::bigint), day, event_id, event_tenant_id, subscription_id,
            tenant_id, app_id, topic, 'pending', lane_number, id, now()
     FROM deliveries, generate_series(1, 3) WHERE event_id = ? AND app_id = 'shop' RETURNING id, replay_of`,
    [eventId],
  );
  const read = async (limit: number) => {
    const seen: { id: string; subscriptionId: string; replayOf: string | null }[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = `limit=${limit}${cursor && `&cursor=${cursor}`}`;
      const { body } = await api.call('shop', 'GET', `/v1/events/${eventId}?${query}`);
      expect(body.deliveries.length).toBeLessThanOrEqual(limit);
      seen.push(...body.deliveries);
      cursor = body.nextCursor;
    }
    return seen;
  };
  const whole = await read(50);
  const kinds = whole.map(({ replayOf }) => (replayOf === null ? 'original' : 'replay'));
  expect(kinds).toEqual(['original', 'replay', 'replay', 'replay', 'original', 'replay', 'replay', 'replay']);
  const replays = whole.filter(({ replayOf }) => replayOf !== null);
  expect(new Map(replays.map(({ id, replayOf }) => [id, replayOf]))).toEqual(
    new Map(copies.map((copy: { id: string; replay_of: string }) => [copy.id, copy.replay_of])),
  );
  for (const limit of [1, 2, 3]) expect(await read(limit)).toEqual(whole);
});
