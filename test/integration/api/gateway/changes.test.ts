import { randomUUID } from 'node:crypto';
import type { Behaviour } from '../../../support/receiver';
import {
  ACKNOWLEDGED,
  ADDED,
  FAILURE,
  FROZEN,
  type GatewayApi,
  SUCCESS,
  startGatewayApi,
  UNFROZEN,
} from './gatewayApi';

let api: GatewayApi;
beforeAll(async () => {
  api = await startGatewayApi();
});
afterAll(() => api?.stop());
beforeEach(() => api.clear());

const row = (id: string) => api.db.knex('subscriptions').where({ id }).first();

describe('PUT', () => {
  const put = (id: string, body: Record<string, unknown>) => api.call('shop', 'PUT', `/gateway/callbacks/${id}`, body);

  test('another url is verified, with the tag that it will have', async () => {
    const before = await api.registered(FROZEN, api.ok);
    const callbackUrl = api.at('/moved');
    expect(await put(before.id, { callbackUrl, eventTag: ADDED })).toEqual(
      SUCCESS({ ...before, callbackUrl, eventTag: ADDED }),
    );
    expect(api.receiver.hits('/moved').map((hit) => new URLSearchParams(hit.body).get('eventTag'))).toEqual([ADDED]);
    expect(await row(before.id)).toMatchObject({ callback_url: callbackUrl, topics: [ADDED] });
    expect(await api.list()).toEqual([{ ...before, callbackUrl, eventTag: ADDED }]);
  });

  test('another url that does not acknowledge changes nothing', async () => {
    const { id } = await api.registered(FROZEN, api.ok);
    const before = await api.everything();
    expect(await put(id, { callbackUrl: api.at('/deaf', { status: 500 }), eventTag: ADDED })).toEqual(FAILURE(422));
    expect(await api.everything()).toBe(before);
  });

  test('another tag calls nobody, and cancels what is pending of the one before', async () => {
    const before = await api.registered(FROZEN, api.ok);
    const { deliveryIds } = await api.publishTag(FROZEN);
    expect(deliveryIds).toHaveLength(1);
    api.receiver.clear();
    expect(await put(before.id, { eventTag: UNFROZEN })).toEqual(SUCCESS({ ...before, eventTag: UNFROZEN }));
    expect(api.receiver.hits('/ok')).toHaveLength(0);
    const { body } = await api.call('shop', 'GET', `/v1/deliveries/${deliveryIds[0]}`);
    expect(body).toMatchObject({ state: 'cancelled', reason: 'topic_dropped' });
    expect((await api.publishTag(FROZEN)).deliveryIds).toEqual([]);
    expect((await api.publishTag(UNFROZEN)).deliveryIds).toHaveLength(1);
  });

  test('the same again calls nobody and cancels nothing', async () => {
    const before = await api.registered(FROZEN, api.ok);
    const { deliveryIds } = await api.publishTag(FROZEN);
    api.receiver.clear();
    expect(await put(before.id, { eventTag: FROZEN, callbackUrl: api.ok })).toEqual(SUCCESS(before));
    expect(api.receiver.hits('/ok')).toHaveLength(0);
    const { body } = await api.call('shop', 'GET', `/v1/deliveries/${deliveryIds[0]}`);
    expect(body.state).toBe('pending');
  });

  describe('format', () => {
    const jsonOnly: Behaviour = (_number, { headers }) =>
      headers['content-type'] === 'application/json' ? ACKNOWLEDGED : { status: 415 };

    test.each(['form', 'json'])('%s is verified in that form alone, also where nothing changes', async (format) => {
      const before = await api.registered(FROZEN, api.ok);
      api.receiver.clear();
      expect(await put(before.id, { format })).toEqual(SUCCESS({ ...before, format }));
      expect(await put(before.id, { format })).toEqual(SUCCESS({ ...before, format }));
      const types = api.receiver.hits('/ok').map(({ headers }) => headers['content-type']?.includes('form'));
      expect(types).toEqual([format === 'form', format === 'form']);
      expect(await api.list()).toEqual([{ ...before, format }]);
    });

    test('one that is not acknowledged changes nothing, and nobody is called in the other', async () => {
      const { id } = await api.registered(FROZEN, api.at('/json', jsonOnly));
      const before = await api.everything();
      api.receiver.clear();
      expect(await put(id, { format: 'form' })).toEqual(FAILURE(422));
      expect(api.receiver.hits('/json')).toHaveLength(1);
      expect(await api.everything()).toBe(before);
    });

    test('another url is verified in the format given, or else in either', async () => {
      const { id } = await api.registered(FROZEN, api.ok);
      const callbackUrl = api.at('/json', jsonOnly);
      expect(await put(id, { callbackUrl, format: 'form' })).toEqual(FAILURE(422));
      expect((await put(id, { callbackUrl })).body.data).toMatchObject({ callbackUrl, format: 'json' });
      expect((await put(id, { callbackUrl: api.ok, format: 'json' })).body.data).toMatchObject({ format: 'json' });
      expect((await put(id, { eventTag: ADDED })).body.data).toMatchObject({ eventTag: ADDED, format: 'json' });
    });

    test('without a scheme the same url is no other one', async () => {
      const { id } = await api.registered(FROZEN, api.ok);
      api.receiver.clear();
      const { body } = await put(id, { callbackUrl: api.ok.replace('http://', '') });
      expect(body.data).toMatchObject({ callbackUrl: api.ok });
      expect(api.receiver.hits('/ok')).toHaveLength(0);
    });

    test('a registration that is older than the choice is form-encoded', async () => {
      const { id } = await api.registered(FROZEN, api.ok);
      await api.db.knex('subscriptions').where({ id }).update({ interface_data: {} });
      expect(await api.list()).toMatchObject([{ id, format: 'form' }]);
    });
  });

  test('what the app has already is refused', async () => {
    await api.registered(FROZEN, api.ok);
    const { id } = await api.registered(ADDED, api.ok);
    const elsewhere = await api.registered(FROZEN, api.at('/other'));
    const before = await api.everything();
    expect(await put(id, { eventTag: FROZEN })).toEqual(FAILURE(409));
    expect(await put(elsewhere.id, { callbackUrl: api.ok })).toEqual(FAILURE(409));
    expect(await api.everything()).toBe(before);
  });

  test('two that come to the same at once: one does', async () => {
    const ids = [(await api.registered(FROZEN, api.ok)).id, (await api.registered(ADDED, api.ok)).id];
    const answers = await Promise.all(ids.map((id) => put(id, { eventTag: UNFROZEN })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

describe('DELETE', () => {
  const remove = (id: string) => api.call('shop', 'DELETE', `/gateway/callbacks/${id}`);

  test('nothing more is kept for it, and what is pending is cancelled', async () => {
    const { id } = await api.registered(FROZEN, api.ok);
    const { deliveryIds } = await api.publishTag(FROZEN);
    expect(await remove(id)).toEqual(SUCCESS(null));
    expect(await api.list()).toEqual([]);
    const { body } = await api.call('shop', 'GET', `/v1/deliveries/${deliveryIds[0]}`);
    expect(body).toMatchObject({ state: 'cancelled', reason: 'subscription_deleted' });
    expect((await api.publishTag(FROZEN)).deliveryIds).toEqual([]);
  });

  test('twice is 404 the second time, also at once', async () => {
    const { id } = await api.registered(FROZEN, api.ok);
    const answers = await Promise.all([remove(id), remove(id)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404]);
    expect(await remove(id)).toEqual(FAILURE(404, 'no such registration'));
  });
});

test.each<[string, () => string | Promise<string>]>([
  ['unknown', () => randomUUID()],
  ['malformed', () => 'x'.repeat(3000)],
  ['of another app', async () => (await api.registered(FROZEN, api.ok, 'desk')).id],
  ['of another tenant', async () => (await api.registered(FROZEN, api.ok, 'spy')).id],
  ['of another interface', async () => (await api.subscribe('shop')).id],
  [
    'deleted',
    async () => {
      const { id } = await api.registered(FROZEN, api.ok);
      await api.call('shop', 'DELETE', `/gateway/callbacks/${id}`);
      return id;
    },
  ],
])('an id that is %s is 404', async (_kind, make) => {
  const path = `/gateway/callbacks/${await make()}`;
  const before = await api.everything();
  expect(await api.call('shop', 'PUT', path, { eventTag: ADDED })).toEqual(FAILURE(404, 'no such registration'));
  expect(await api.call('shop', 'PUT', path, { callbackUrl: api.at('/new') })).toEqual(FAILURE(404));
  expect(await api.call('shop', 'DELETE', path)).toEqual(FAILURE(404, 'no such registration'));
  expect(await api.everything()).toBe(before);
  expect(api.receiver.hits('/new')).toHaveLength(0);
});
