import { JSON_API, OTHER_TERM, PATH, type PortalApi, refusal, SAMPLE, startPortalApi, TERM } from './portalApi';

const UUID = SAMPLE.data.attributes.uuid;
const OWN = `${PATH}/subscription`;
const NEW = { ...SAMPLE.data, attributes: { ...SAMPLE.data.attributes, uuid: 'not-taken' } };

jest.setTimeout(60_000);

let api: PortalApi;
/** All that there is before every call, with a subscription that each could change. */
let before: string;
beforeAll(async () => {
  api = await startPortalApi();
  await api.send('ann', 'POST', OWN, { body: SAMPLE });
  before = await api.everything();
});
afterEach(async () => expect(await api.everything()).toBe(before));
afterAll(() => api.stop());

const NO_TEXT = [null, '', ' ', 7, {}, ['a'], true, 'a\0', '\ud800'];
const term = (id: unknown, type: unknown = 'taxonomy_term--subscription_target_type') => ({ data: { type, id } });

const ATTRIBUTES: Record<string, unknown[]> = {
  title: [7, {}, [], true, 'x'.repeat(257), '题'.repeat(86), 'a\0', '\ud800'],
  target_id: [...NO_TEXT, 'x'.repeat(129), '题'.repeat(43)],
  action: [null, '', 7, {}, 'Like', 'likes', 'create', ['like']],
  status: [null, '', '1', true, 2, -1, 0.5, {}],
  uuid: [null, '', 7, 'seven77', 'x'.repeat(65), 'with space', 'with.dots', 'a\0bcdefg', '新闻公告订阅新闻'],
  target_type: [null, '', '7', 7.5, -1, 2_147_483_648, 1e300, {}, [7], 99],
  enable: [null, '1', 2, true],
};
const TARGET_TYPE = 'relationships/target_type';
const RELATIONSHIPS: [unknown, string][] = [
  [null, 'relationships'],
  [7, 'relationships'],
  [[], 'relationships'],
  [{ target_type: null }, TARGET_TYPE],
  [{ target_type: 7 }, TARGET_TYPE],
  [{ target_type: {} }, `${TARGET_TYPE}/data`],
  [{ target_type: { data: null } }, `${TARGET_TYPE}/data`],
  [{ target_type: { data: [] } }, `${TARGET_TYPE}/data`],
  [{ target_type: term(undefined) }, `${TARGET_TYPE}/data/id`],
  [{ target_type: term('x'.repeat(129)) }, `${TARGET_TYPE}/data/id`],
  [{ target_type: term('a\0') }, `${TARGET_TYPE}/data/id`],
  [{ target_type: term(7) }, `${TARGET_TYPE}/data/id`],
  [{ target_type: term(TERM, 'taxonomy_term--other') }, `${TARGET_TYPE}/data/type`],
  [{ target_type: term(TERM, null) }, `${TARGET_TYPE}/data/type`],
  [{ target_type: term('unknown-term') }, TARGET_TYPE],
  [{ target_type: term(TERM.toUpperCase()) }, TARGET_TYPE],
];

const CALLS = [
  { method: 'POST', path: OWN, good: NEW },
  { method: 'PATCH', path: `${OWN}/${UUID}`, good: { ...NEW, id: UUID, attributes: { title: 'x' } } },
];

interface Case {
  method: string;
  path: string;
  data: unknown;
  at: string;
  /** Default 400. */
  status?: number;
}

const CASES: Case[] = CALLS.flatMap(({ method, path, good }) => {
  const { attributes } = good;
  const bad: Pick<Case, 'data' | 'at' | 'status'>[] = [
    ...Object.entries(ATTRIBUTES).flatMap(([name, values]) =>
      values.map((value) => ({
        data: { ...good, attributes: { ...attributes, [name]: value } },
        at: `attributes/${name}`,
      })),
    ),
    ...RELATIONSHIPS.map(([relationships, at]) => ({ data: { ...good, relationships }, at })),
    ...[undefined, null, 7].map((type) => ({ data: { ...good, type }, at: 'type' })),
    ...['', 'node--subscription', 'subscription--system_subscription_list', 'subscription--'].map((type) => ({
      ...{ data: { ...good, type }, at: 'type', status: 409 },
    })),
    ...[null, 7, '', 'short', 'another-uuid'].map((id) => ({
      data: { ...good, id, attributes: { ...attributes, ...(method === 'POST' && { uuid: 'not-taken' }) } },
      at: method === 'POST' && id === 'another-uuid' ? 'attributes/uuid' : 'id',
      ...(id === 'another-uuid' && { status: 409 }),
    })),
    ...[null, 7, 'x', []].map((value) => ({ data: { ...good, attributes: value }, at: 'attributes' })),
    {
      data: {
        ...good,
        attributes: { ...attributes, target_type: 7 },
        relationships: { target_type: term(OTHER_TERM) },
      },
      at: TARGET_TYPE,
    },
  ];
  return bad.map((one) => ({ method, path, ...one }));
});

test.each(CASES.map((one) => ({ ...one, shown: JSON.stringify(one.data).slice(-90) })))(
  '$method: refused at $at: $shown',
  async ({ method, path, data, at, status: expected = 400 }) => {
    const { status, type, body } = await api.send('ann', method, path, { body: { data } });
    expect({ status, type, body }).toEqual({
      status: expected,
      type: JSON_API,
      body: refusal(expected, expected === 409 ? 'Conflict' : 'Bad Request', [{ pointer: `/data/${at}` }]),
    });
  },
);

test.each(['target_id', 'action'])('%s is missing', async (name) => {
  const { body } = await api.send('ann', 'POST', OWN, {
    body: { data: { ...NEW, attributes: { ...NEW.attributes, [name]: undefined } } },
  });
  expect(body).toEqual(refusal(400, 'Bad Request', [{ pointer: `/data/attributes/${name}` }]));
});

test.each([undefined, {}])('the target type is missing: %j', async (relationships) => {
  const { body } = await api.send('ann', 'POST', OWN, { body: { data: { ...NEW, relationships } } });
  expect(body).toEqual(refusal(400, 'Bad Request', [{ pointer: '/data/relationships/target_type' }]));
});

test('every fault is named, those of one document together', async () => {
  const attributes = { action: 'x', status: 2 };
  const { body } = await api.send('ann', 'POST', OWN, { body: { data: { ...NEW, attributes } } });
  expect(body).toEqual(
    refusal(
      400,
      'Bad Request',
      ['target_id', 'action', 'status'].map((name) => ({ pointer: `/data/attributes/${name}` })),
    ),
  );
});

describe.each(CALLS)('$method', ({ method, path, good }) => {
  test.each([
    ['{', ''],
    ['null', ''],
    ['[]', ''],
    ['"x"', ''],
    ['{"data":1}x', ''],
    [`${'['.repeat(65)}${']'.repeat(65)}`, ''],
    ['{}', '/data'],
    ['{"data":null}', '/data'],
    ['{"data":[]}', '/data'],
  ])('takes no body like %s', async (text, pointer) => {
    const { status, type, body } = await api.send('ann', method, path, { body: text });
    expect({ status, type, body }).toEqual({
      status: 400,
      type: JSON_API,
      body: refusal(400, 'Bad Request', [{ pointer }]),
    });
  });

  test('takes a body of its media type only', async () => {
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'application/*']) {
      const reply = await api.send('ann', method, path, { body: { data: good }, headers: { 'content-type': type } });
      expect(reply).toMatchObject({ status: 415, type: JSON_API });
      expect(reply.body).toEqual(refusal(415, 'Unsupported Media Type'));
    }
  });

  test('takes no body without a type', async () => {
    const user = await api.call('operator', 'POST', '/v1/keys', {
      ...{ tenantId: 'acme', appId: 'shop', roles: ['subscriber'], subject: 'cid' },
    });
    const response = await fetch(api.url + path, {
      method,
      headers: { authorization: user.body.key },
      body: new TextEncoder().encode(JSON.stringify({ data: good })),
    });
    expect([response.status, await response.json()]).toEqual([415, refusal(415, 'Unsupported Media Type')]);
    before = await api.everything();
  });

  test('takes no body beyond its bound', async () => {
    const body = { data: good, more: 'x'.repeat(1024 * 1024) };
    const reply = await api.send('ann', method, path, { body });
    expect([reply.status, reply.body]).toEqual([413, refusal(413, 'Payload Too Large')]);
  });
});
