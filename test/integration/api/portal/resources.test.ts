import { JSON_API, OTHER_TERM, PATH, type PortalApi, refusal, SAMPLE, startPortalApi, TERM } from './portalApi';

const UUID = SAMPLE.data.attributes.uuid;
const OWN = `${PATH}/subscription`;
const DEFAULTS = `${PATH}/system_subscription_list`;
const CREATED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/;

jest.setTimeout(60_000);

let api: PortalApi;
beforeAll(async () => {
  api = await startPortalApi();
});
afterEach(() => api.clear());
afterAll(() => api.stop());

/** The document of the sample, as it is answered. */
const document = (attributes: Record<string, unknown> = {}) => ({
  data: {
    type: 'subscription--subscription',
    id: UUID,
    attributes: { ...SAMPLE.data.attributes, created: expect.stringMatching(CREATED), ...attributes },
    relationships: SAMPLE.data.relationships,
    links: { self: `${OWN}/${UUID}` },
  },
  links: { self: `${OWN}/${UUID}` },
});

const change = (uuid: string, more: Record<string, unknown>, bundle = 'subscription') => ({
  body: { data: { type: `subscription--${bundle}`, id: uuid, ...more } },
});

test('the published sample is added, read, changed and deleted', async () => {
  const added = await api.send('ann', 'POST', OWN, { body: SAMPLE });
  expect(added).toMatchObject({ status: 201, type: JSON_API });
  expect(added.body).toEqual(document());
  expect(added.headers.get('location')).toBe(`${OWN}/${UUID}`);
  const at = Date.parse(added.body.data.attributes.created.replace('+0000', 'Z'));
  expect(Math.abs(Date.now() - at)).toBeLessThan(60_000);

  const read = await api.send('ann', 'GET', `${OWN}/${UUID}`);
  expect(read).toMatchObject({ status: 200, type: JSON_API, body: added.body });

  const changed = await api.send('ann', 'PATCH', `${OWN}/${UUID}`, { body: { data: { ...SAMPLE.data, id: UUID } } });
  expect(changed).toMatchObject({ status: 200, type: JSON_API, body: added.body });

  const deleted = await api.send('ann', 'DELETE', `${OWN}/${UUID}`);
  expect([deleted.status, deleted.type, deleted.body]).toEqual([204, null, undefined]);
  for (const method of ['GET', 'DELETE']) {
    const gone = await api.send('ann', method, `${OWN}/${UUID}`);
    expect(gone).toMatchObject({ status: 404, type: JSON_API });
    expect(gone.body).toEqual(refusal(404, 'Not Found'));
  }
});

test('without uuid, title and status: a uuid is made, there is no title, it is on', async () => {
  const { title: _title, status: _status, uuid: _uuid, ...attributes } = SAMPLE.data.attributes;
  const { body } = await api.send('ann', 'POST', OWN, { body: { data: { ...SAMPLE.data, attributes } } });
  expect(body.data.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(body.data.attributes).toMatchObject({ title: null, status: 1, uuid: body.data.id });
});

test.each([
  ['the number', { attributes: { target_type: 7 } }],
  ['the relationship', { relationships: SAMPLE.data.relationships }],
  ['both, which agree', { attributes: { target_type: 7 }, relationships: SAMPLE.data.relationships }],
])('a target type is named by %s', async (_name, { attributes, relationships }: Record<string, object>) => {
  const data = { ...SAMPLE.data, attributes: { ...SAMPLE.data.attributes, ...attributes }, relationships };
  const { status, body } = await api.send('ann', 'POST', OWN, { body: { data } });
  expect([status, body.data.relationships.target_type.data.id]).toEqual([201, TERM]);
});

test.each(['39aec9c68b679d43de6803e0f14c223j', 'a-b-c-d-', 'x'.repeat(64), 'ABCDEFGH'])(
  'any unique text of letters, digits and - can be the uuid, also as id: %s',
  async (uuid) => {
    const attributes = { ...SAMPLE.data.attributes, uuid: undefined };
    const body = { data: { ...SAMPLE.data, id: uuid, attributes } };
    expect((await api.send('ann', 'POST', OWN, { body })).body.data.id).toBe(uuid);
    expect((await api.send('ann', 'GET', `${OWN}/${uuid}`)).status).toBe(200);
  },
);

test.each(['like', 'collection', 'follow', 'comment', 'post', 'update', 'subscribe'])('action %s', async (action) => {
  const uuid = await api.add('ann', { action });
  expect((await api.send('ann', 'GET', `${OWN}/${uuid}`)).body.data.attributes.action).toBe(action);
});

test('a change leaves what it does not name, and what it may not change', async () => {
  const { body: added } = await api.send('ann', 'POST', OWN, { body: SAMPLE });
  const attributes = { status: 0, created: '2000-01-01T00:00:00+0000', enable: 0, unheard: {} };
  const switched = await api.send('ann', 'PATCH', `${OWN}/${UUID}`, change(UUID, { attributes }));
  expect(switched.body).toEqual(document({ status: 0, created: added.data.attributes.created }));
  const target = { target_id: 'changed0000', action: 'follow', title: null, target_type: 1 };
  const { body } = await api.send('ann', 'PATCH', `${OWN}/${UUID}`, change(UUID, { attributes: target }));
  expect(body.data.attributes).toMatchObject({ target_id: 'changed0000', action: 'follow', title: null, status: 0 });
  expect(body.data.relationships.target_type.data.id).toBe(OTHER_TERM);
  const back = change(UUID, { relationships: SAMPLE.data.relationships });
  const returned = await api.send('ann', 'PATCH', `${OWN}/${UUID}`, back);
  expect(returned.body.data.relationships).toEqual(SAMPLE.data.relationships);
  expect((await api.send('ann', 'PATCH', `${OWN}/${UUID}`, change(UUID, {}))).body).toEqual(returned.body);
});

test("everybody else's is not there, whoever asks", async () => {
  const uuid = await api.add('ann');
  const before = await api.everything();
  for (const key of ['bob', 'deskUser', 'rivalUser'] as const) {
    for (const [method, call] of [
      ['GET', {}],
      ['DELETE', {}],
      ['PATCH', change(uuid, {})],
    ] as const) {
      const { status, body } = await api.send(key, method, `${OWN}/${uuid}`, call);
      expect({ status, body }).toEqual({ status: 404, body: refusal(404, 'Not Found') });
    }
  }
  for (const method of ['GET', 'DELETE'] as const) {
    expect((await api.send('acmeOperator', method, `${DEFAULTS}/${uuid}`)).status).toBe(404);
  }
  expect(await api.everything()).toBe(before);
});

test('a uuid is taken in its tenant, whoever has it, and free in another one', async () => {
  await api.send('ann', 'POST', OWN, { body: SAMPLE });
  const taken = refusal(409, 'Conflict', [{ pointer: '/data/attributes/uuid' }]);
  for (const key of ['ann', 'bob'] as const) {
    const { status, body } = await api.send(key, 'POST', OWN, { body: SAMPLE });
    expect({ status, body }).toEqual({ status: 409, body: taken });
  }
  const data = { ...SAMPLE.data, type: 'subscription--system_subscription_list' };
  expect((await api.send('acmeOperator', 'POST', DEFAULTS, { body: { data } })).body).toEqual(taken);
  expect((await api.send('rivalUser', 'POST', OWN, { body: SAMPLE })).status).toBe(201);
  await api.send('ann', 'DELETE', `${OWN}/${UUID}`);
  expect((await api.send('bob', 'POST', OWN, { body: SAMPLE })).status).toBe(201);
});

test('the same target can be subscribed to more than once, and by everybody at once', async () => {
  const keys = Array.from({ length: 12 }, (_, at) => (at % 2 ? 'ann' : 'bob') as 'ann' | 'bob');
  const uuids = await Promise.all(keys.map((key) => api.add(key)));
  expect(new Set(uuids).size).toBe(12);
});

test('of an app without a callback nobody can add', async () => {
  const before = await api.everything();
  const { status, body } = await api.send('deskUser', 'POST', OWN, { body: SAMPLE });
  expect({ status, body }).toEqual({ status: 400, body: refusal(400, 'Bad Request', [{ pointer: '/data' }]) });
  expect(await api.everything()).toBe(before);
});

describe('defaults', () => {
  const body = { data: { ...SAMPLE.data, type: 'subscription--system_subscription_list' } };

  test('are written by operators of the tenant, and read by its users', async () => {
    const added = await api.send('acmeOperator', 'POST', DEFAULTS, { body });
    expect(added.status).toBe(201);
    expect(added.body.data).toMatchObject({
      type: 'subscription--system_subscription_list',
      attributes: { ...SAMPLE.data.attributes, enable: 1 },
    });
    const path = `${DEFAULTS}/${UUID}`;
    for (const key of ['ann', 'bob', 'deskUser', 'acmeOperator'] as const) {
      expect(await api.send(key, 'GET', path)).toMatchObject({ status: 200, body: added.body });
    }
    for (const key of ['rivalUser', 'rivalOperator'] as const) {
      expect((await api.send(key, 'GET', path)).status).toBe(404);
    }
    const off = change(UUID, { attributes: { enable: 0, status: 0 } }, 'system_subscription_list');
    expect((await api.send('rivalOperator', 'PATCH', path, off)).status).toBe(404);
    const changed = await api.send('acmeOperator', 'PATCH', path, off);
    expect(changed.body.data.attributes).toMatchObject({ enable: 0, status: 0, title: '新闻公告订阅' });
    expect((await api.send('rivalOperator', 'DELETE', path)).status).toBe(404);
    expect((await api.send('acmeOperator', 'DELETE', path)).status).toBe(204);
    expect((await api.send('acmeOperator', 'DELETE', path)).status).toBe(404);
  });

  test('an operator of the installation names the tenant', async () => {
    const added = await api.send('operator', 'POST', `${DEFAULTS}?tenantId=acme`, { body });
    expect([added.status, added.headers.get('location')]).toEqual([201, `${DEFAULTS}/${UUID}?tenantId=acme`]);
    expect((await api.send('operator', 'GET', added.headers.get('location') ?? '')).body).toEqual(added.body);
    expect((await api.send('operator', 'GET', `${DEFAULTS}/${UUID}?tenantId=rival`)).status).toBe(404);
    const unnamed = refusal(400, 'Bad Request', [{ parameter: 'tenantId' }]);
    expect((await api.send('operator', 'GET', `${DEFAULTS}/${UUID}`)).body).toEqual(unnamed);
    expect((await api.send('operator', 'DELETE', `${DEFAULTS}/${UUID}`)).body).toEqual(unnamed);
    expect((await api.send('operator', 'POST', DEFAULTS, { body })).body).toEqual(unnamed);
    expect((await api.send('operator', 'POST', `${DEFAULTS}?tenantId=nowhere`, { body })).status).toBe(404);
  });

  test('a user never changes one', async () => {
    await api.send('acmeOperator', 'POST', DEFAULTS, { body });
    const before = await api.everything();
    const off = change(UUID, { attributes: { enable: 0 } }, 'system_subscription_list');
    for (const key of ['ann', 'shop'] as const) {
      const replies = [
        await api.send(key, 'POST', DEFAULTS, { body }),
        await api.send(key, 'PATCH', `${DEFAULTS}/${UUID}`, off),
        await api.send(key, 'DELETE', `${DEFAULTS}/${UUID}`),
      ];
      for (const reply of replies) expect(reply).toMatchObject({ status: 403, body: refusal(403, 'Forbidden') });
    }
    expect((await api.send('ann', 'PATCH', `${OWN}/${UUID}`, change(UUID, { attributes: { enable: 0 } }))).status).toBe(
      404,
    );
    expect(await api.everything()).toBe(before);
  });
});
