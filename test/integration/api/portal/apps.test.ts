import { acceptEvents } from '../../../../src/db/carrying/accept';
import { selectionsOf } from '../../../../src/domain/selectors';
import { PATH, type PortalApi, SAMPLE, startPortalApi } from './portalApi';

jest.setTimeout(60_000);

let api: PortalApi;
beforeAll(async () => {
  api = await startPortalApi();
});
afterEach(() => api.clear());
afterAll(() => api.stop());

const CALLBACK = 'https://portal.example/messages';

/** What the app's messages go through. */
const engineSubscriptions = (appId: string) =>
  api.db.knex('subscriptions').where({ app_id: appId, interface: 'portal' }).whereNot({ state: 'deleted' });

async function newApp(id: string, callbackUrl: string | null): Promise<void> {
  await api.call('operator', 'POST', '/v1/apps', { tenantId: 'acme', id, name: id, callbackUrl });
}

const newKey = (appId: string, subject: string) =>
  api.call('operator', 'POST', '/v1/keys', { tenantId: 'acme', appId, roles: ['subscriber'], subject });

test('there is one from the first user on, as soon as the app has a callback', async () => {
  await newApp('late', null);
  await newKey('late', 'ann');
  expect(await engineSubscriptions('late')).toEqual([]);
  await api.call('operator', 'PATCH', '/v1/apps/acme/late', { callbackUrl: CALLBACK });
  expect(await engineSubscriptions('late')).toMatchObject([
    { callback_url: CALLBACK, retry: 'gateway', ordered: false },
  ]);
  await newApp('early', CALLBACK);
  expect(await engineSubscriptions('early')).toEqual([]);
  await newKey('early', 'ann');
  expect(await engineSubscriptions('early')).toHaveLength(1);
});

test('keys of one app that are made at the same time do not wait for each other for ever', async () => {
  await newApp('crowd', CALLBACK);
  const made = await Promise.all(Array.from({ length: 12 }, (_, at) => newKey('crowd', `user${at}`)));
  expect(made.map(({ status }) => status)).toEqual(made.map(() => 201));
  expect(await engineSubscriptions('crowd')).toHaveLength(1);
  expect((await newKey('nowhere', 'ann')).status).toBe(404);
});

test('users who add at the same time, as the first of their app, make one', async () => {
  await newApp('first', null);
  const { body } = await newKey('first', 'ann');
  await api.db.knex('apps').where({ id: 'first' }).update({ callback_url: CALLBACK });
  const { uuid: _uuid, ...attributes } = SAMPLE.data.attributes;
  const added = await Promise.all(
    Array.from({ length: 12 }, () =>
      api.send(null, 'POST', `${PATH}/subscription`, {
        body: { data: { ...SAMPLE.data, attributes } },
        headers: { authorization: body.key },
      }),
    ),
  );
  expect(added.map(({ status }) => status)).toEqual(added.map(() => 201));
  expect(await engineSubscriptions('first')).toHaveLength(1);
});

test('what a user has chosen lasts longer than the key: the callback comes and goes meanwhile', async () => {
  await newApp('keyless', CALLBACK);
  const { body } = await newKey('keyless', 'ann');
  await api.send(null, 'POST', `${PATH}/subscription`, { body: SAMPLE, headers: { authorization: body.key } });
  await api.call('operator', 'DELETE', `/v1/keys/${body.id}`);
  for (const callbackUrl of [null, CALLBACK]) {
    await api.call('operator', 'PATCH', '/v1/apps/acme/keyless', { callbackUrl });
  }
  expect(await engineSubscriptions('keyless')).toHaveLength(1);
});

test('over /v1 it can be read and paused, but not changed or deleted; a user sees nothing there', async () => {
  const [{ id }] = await engineSubscriptions('shop');
  const { status, body } = await api.call('shop', 'GET', `/v1/subscriptions/${id}`);
  expect([status, body]).toMatchObject([200, { interface: 'portal', callbackUrl: CALLBACK, topics: ['*'] }]);
  expect((await api.call('shop', 'PATCH', `/v1/subscriptions/${id}`, { callbackUrl: CALLBACK })).status).toBe(409);
  expect((await api.call('shop', 'DELETE', `/v1/subscriptions/${id}`)).status).toBe(409);
  expect((await api.call('portalUser', 'GET', `/v1/subscriptions/${id}`)).status).toBe(404);
  expect((await api.call('portalUser', 'GET', '/v1/deliveries')).body.data).toEqual([]);
});

test("an event's pages can be read one by one, all of them", async () => {
  const count = 1201;
  for (const [appId, tenantId] of [
    ['shop', 'acme'],
    ['pages', 'acme'],
  ]) {
    if (appId === 'pages') {
      await newApp('pages', CALLBACK);
      await newKey('pages', 'ann');
    }
    await api.db.knex.raw(
      `INSERT INTO portal_subscriptions (tenant_id, uuid, app_id, subject, target_type, action, target_id)
       SELECT ?, ? || n, ?, 'user' || n, 7, 'collection', '88981' FROM generate_series(1, ?::int) n`,
      [tenantId ?? '', `${appId}-uuid-`, appId ?? '', count],
    );
  }
  const address = { source: 'a', topic: '7', type: 'collection', status: '1', changes: '["88981"]' };
  const publisher = { tenantId: 'acme', appId: null, keyId: 'k' };
  const event = { ...address, tenantId: 'acme', key: 'k', publisher, selections: selectionsOf(address) };
  const [accepted] = await acceptEvents(api.db, { events: [event], attempting: false });
  if (!accepted || 'knownKey' in accepted) throw new Error('not accepted');
  expect(accepted.deliveries).toHaveLength(6);

  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { body } = await api.call('acmeOperator', 'GET', `/v1/events/${accepted.eventId}?limit=1${after}`);
    seen.push(...body.deliveries.map(({ id }: { id: string }) => id));
    cursor = body.nextCursor;
  }
  expect([...seen].sort()).toEqual(accepted.deliveries.map(({ deliveryId }) => deliveryId).sort());
});
