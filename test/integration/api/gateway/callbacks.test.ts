import { EVENT_TAGS } from '../../../../src/domain/gatewayTags';
import { ACKNOWLEDGED, ADDED, FAILURE, FROZEN, type GatewayApi, SUCCESS, startGatewayApi } from './gatewayApi';

let api: GatewayApi;
beforeAll(async () => {
  api = await startGatewayApi();
});
afterAll(() => api?.stop());
beforeEach(() => api.clear());

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

test('a registration is verified with the published message, and is a subscription of its own interface', async () => {
  const { status, body } = await api.register({ eventTag: ADDED, callbackUrl: api.ok });
  expect({ status, body }).toEqual(
    SUCCESS([
      {
        ...{ id: expect.stringMatching(UUID), eventTag: ADDED, callbackUrl: api.ok, format: 'form' },
        createdAt: expect.stringMatching(/Z$/),
      },
    ]),
  );
  const [hit] = api.receiver.hits('/ok');
  expect(api.receiver.hits('/ok')).toHaveLength(1);
  expect(hit?.headers['content-type']).toBe('application/x-www-form-urlencoded;charset=UTF-8');
  expect(Object.fromEntries(new URLSearchParams(hit?.body))).toEqual({
    eventTag: ADDED,
    dispatchId: expect.stringMatching(UUID),
  });
  const [listed] = (await api.call('shop', 'GET', '/v1/subscriptions')).body.data;
  expect(listed).toMatchObject({
    id: body.data[0].id,
    interface: 'gateway',
    tenantId: 'acme',
    appId: 'shop',
    callbackUrl: api.ok,
    topics: [ADDED],
    retry: 'gateway',
    timeoutMs: 15_000,
    maxInFlight: 100,
    ordered: false,
    state: 'active',
  });
});

test('the whole catalogue in one call: each tag is verified, all side by side, with dispatchIds of their own', async () => {
  const eventTags = EVENT_TAGS.map(({ eventTag }) => eventTag);
  // One after the other they would take longer than any call may.
  const callbackUrl = api.at('/slow', { ...ACKNOWLEDGED, delayMs: 1000 });
  const { status, body } = await api.register({ eventTags: [...eventTags, ADDED], callbackUrl });
  expect(status).toBe(200);
  expect(body.data.map(({ eventTag }: { eventTag: string }) => eventTag)).toEqual(eventTags);
  const sent = api.receiver.hits('/slow').map((hit) => Object.fromEntries(new URLSearchParams(hit.body)));
  expect(sent.map(({ eventTag }) => eventTag).sort()).toEqual([...eventTags].sort());
  expect(new Set(sent.map(({ dispatchId }) => dispatchId)).size).toBe(eventTags.length);
});

test('GET lists the registrations of the app, oldest first, and of nobody else', async () => {
  const first = await api.registered(FROZEN, api.ok);
  const second = await api.registered(ADDED, api.ok);
  const third = await api.registered(FROZEN, api.at('/other'));
  await api.registered(FROZEN, api.ok, 'desk');
  await api.registered(FROZEN, api.ok, 'spy');
  await api.subscribe('shop');
  expect(await api.call('shop', 'GET', '/gateway/callbacks')).toEqual(SUCCESS([first, second, third]));
  expect(await api.list('desk')).toHaveLength(1);
});

test('GET answers an empty list where there is none', async () => {
  expect(await api.call('shop', 'GET', '/gateway/callbacks')).toEqual(SUCCESS([]));
});

test('the catalogue, as the document has it', async () => {
  const { status, body } = await api.call('shop', 'GET', '/gateway/eventTags');
  expect({ status, body }).toEqual(SUCCESS(EVENT_TAGS));
  expect(body.data).toHaveLength(18);
});

describe('the same tag and url', () => {
  const again = () => api.register({ eventTags: [ADDED, FROZEN], callbackUrl: api.ok });

  test('is refused, with all that came with it, before anybody is called', async () => {
    await api.registered(FROZEN, api.ok);
    const before = await api.everything();
    api.receiver.clear();
    expect(await again()).toEqual(FAILURE(409, `registered for this callbackUrl already: ${FROZEN}`));
    expect(await api.everything()).toBe(before);
    expect(api.receiver.hits('/ok')).toHaveLength(0);
  });

  test('is fine for another app, at another url, and once the first is deleted', async () => {
    const { id } = await api.registered(FROZEN, api.ok);
    await api.registered(FROZEN, api.ok, 'desk');
    await api.registered(FROZEN, api.at('/other'));
    await api.call('shop', 'DELETE', `/gateway/callbacks/${id}`);
    await api.registered(FROZEN, api.ok);
  });

  test('ten times at once is one registration', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, again));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...new Array(9).fill(409)]);
    expect(await api.list()).toHaveLength(2);
  });
});

test('an app has at most 1000', async () => {
  const { id } = await api.registered(FROZEN, api.ok);
  await api.db.knex.raw(
    `INSERT INTO subscriptions (id, interface, tenant_id, app_id, callback_url, topics, timeout_ms, retry, max_in_flight)
     SELECT gen_random_uuid(), interface, tenant_id, app_id, callback_url || n, topics, timeout_ms, retry, max_in_flight
     FROM subscriptions, generate_series(1, 998) n WHERE id = ?`,
    [id],
  );
  const callbackUrl = api.at('/more');
  expect(await api.register({ eventTags: [ADDED, FROZEN], callbackUrl })).toEqual(FAILURE(409));
  await api.registered(ADDED, callbackUrl);
  expect(await api.list()).toHaveLength(1000);
  expect(await api.register({ eventTag: FROZEN, callbackUrl })).toEqual(FAILURE(409));
});
