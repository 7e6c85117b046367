import { JSON_API, PATH, type PortalApi, refusal, SAMPLE, startPortalApi, TERM } from './portalApi';

const UUID = SAMPLE.data.attributes.uuid;
const OWN = `${PATH}/subscription`;
const ONE = `${OWN}/${UUID}`;
const CHANGE = { data: { type: 'subscription--subscription', id: UUID, attributes: { title: 'x' } } };

jest.setTimeout(60_000);

let api: PortalApi;
let before: string;
beforeAll(async () => {
  api = await startPortalApi();
  for (const target of ['first', 'second']) await api.add('ann', { target_id: target });
  await api.send('ann', 'POST', OWN, { body: SAMPLE });
  before = await api.everything();
});
afterEach(async () => expect(await api.everything()).toBe(before));
afterAll(() => api.stop());

const LISTS = [PATH, `${PATH}/me`, `${PATH}/default`];
const CALLS: [string, string, unknown?][] = [
  ...LISTS.map((path): [string, string] => ['GET', path]),
  ['POST', OWN, { data: { ...SAMPLE.data, attributes: { ...SAMPLE.data.attributes, uuid: 'free-uuid' } } }],
  ['GET', ONE],
  ['PATCH', ONE, CHANGE],
];

describe.each(CALLS)('%s %s', (method, path, body) => {
  test.each(['include=target_type', 'include=', 'sort=title', 'filter[unknown]=1', 'page[number]=1', 'page[cursor]=x'])(
    '?%s is not supported: 400, naming the parameter',
    async (query) => {
      const reply = await api.send('ann', method, `${path}?${query}`, { body });
      const [parameter = ''] = query.split('=');
      expect(reply).toMatchObject({ status: 400, type: JSON_API });
      expect(reply.body).toEqual(refusal(400, 'Bad Request', [{ parameter }]));
    },
  );

  test('Accept names JSON:API with parameters that are not its own, or with an extension only: 406', async () => {
    for (const parameters of ['charset=utf-8', 'ext="https://example.com/ext"', 'version=1; q=0.5']) {
      const headers = { accept: `${JSON_API}; ${parameters}` };
      const reply = await api.send('ann', method, path, { body, headers });
      expect(reply).toMatchObject({ status: 406, type: JSON_API, body: refusal(406, 'Not Acceptable') });
    }
  });
});

test.each([
  `${JSON_API}; profile="https://example.com/a, b; c"`,
  `${JSON_API}; charset=utf-8, ${JSON_API}`,
  `${JSON_API.toUpperCase()}; q=0.9`,
])('Accept %s takes a document', async (accept) => {
  for (const path of [PATH, ONE]) {
    expect(await api.send('ann', 'GET', path, { headers: { accept } })).toMatchObject({ status: 200, type: JSON_API });
  }
});

test.each(['charset=utf-8', 'ext="https://example.com/ext"', 'profile="https://example.com/p"; version=1'])(
  'Content-Type with %s is 415, with a profile it is taken',
  async (parameters) => {
    const send = (type: string) => api.send('ann', 'PATCH', ONE, { body: CHANGE, headers: { 'content-type': type } });
    expect(await send(`${JSON_API}; ${parameters}`)).toMatchObject({
      status: 415,
      type: JSON_API,
      body: refusal(415, 'Unsupported Media Type'),
    });
    const title = SAMPLE.data.attributes.title;
    const body = { data: { ...CHANGE.data, attributes: { title } } };
    const headers = { 'content-type': `${JSON_API};profile="https://example.com/a;b"` };
    expect((await api.send('ann', 'PATCH', ONE, { body, headers })).status).toBe(200);
  },
);

test('a list is a document where Accept prefers JSON:API, and the published array otherwise', async () => {
  for (const path of LISTS) {
    for (const accept of ['*/*', 'application/json', `application/json, ${JSON_API};q=0.9`]) {
      const { type, body, headers } = await api.send('ann', 'GET', path, { headers: { accept } });
      expect([type, Array.isArray(body), headers.get('vary')]).toEqual(['application/json', true, 'Accept']);
    }
    const { type, body } = await api.send('ann', 'GET', path);
    expect([type, Array.isArray(body.data)]).toEqual([JSON_API, true]);
  }
  const one = (await api.send('ann', 'GET', ONE)).body;
  const list = (await api.send('ann', 'GET', `${PATH}/me`)).body;
  expect(one.links).toEqual({ self: ONE });
  expect(list.data).toHaveLength(3);
  expect(list.data[0]).toEqual(one.data);
  expect(list.data[0]).toMatchObject({
    type: 'subscription--subscription',
    id: UUID,
    attributes: { target_id: '88981', status: 1 },
    relationships: { target_type: { data: { type: 'taxonomy_term--subscription_target_type', id: TERM } } },
    links: { self: ONE },
  });
});

test('links lead through the pages of a list, with its filters', async () => {
  const seen: string[][] = [];
  let next: string | null = `${PATH}/me?filter[action]=collection&page[limit]=2`;
  let last: Record<string, string | null> = {};
  while (next !== null) {
    const { status, body } = await api.send('ann', 'GET', next);
    expect(status).toBe(200);
    seen.push(body.data.map((one: { attributes: { target_id: string } }) => one.attributes.target_id));
    last = body.links;
    next = body.links.next;
  }
  expect(seen).toEqual([['88981', 'second'], ['first']]);
  expect((await api.send('ann', 'GET', last.self ?? '')).body.links).toEqual(last);
  expect((await api.send('ann', 'GET', last.prev ?? '')).body.links).toMatchObject({ prev: null, self: last.first });
});

test('fields[TYPE] leaves out the others', async () => {
  const query = 'fields[subscription--subscription]=title,target_type';
  for (const path of [ONE, `${PATH}/me`]) {
    const { body } = await api.send('ann', 'GET', `${path}?${query}`);
    const [data] = [body.data].flat();
    expect(data.attributes).toEqual({ title: '新闻公告订阅' });
    expect(data.relationships).toEqual(SAMPLE.data.relationships);
  }
  const none = (await api.send('ann', 'GET', `${ONE}?fields[subscription--subscription]=`)).body.data;
  expect([none.id, none.attributes, none.relationships]).toEqual([UUID, {}, {}]);
  const other = (await api.send('ann', 'GET', `${ONE}?fields[node--page]=title`)).body.data;
  expect(other.attributes).toMatchObject({ target_id: '88981' });
});

test('a header at fault is named as one', async () => {
  const { status, body } = await api.send('ann', 'POST', OWN, {
    body: SAMPLE,
    headers: { 'idempotency-key': 'x'.repeat(201) },
  });
  expect([status, body]).toEqual([400, refusal(400, 'Bad Request', [{ header: 'Idempotency-Key' }])]);
});

test('users read target types', async () => {
  const { status, body } = await api.call('portalUser', 'GET', '/v1/target-types');
  expect(status).toBe(200);
  const column = { number: 7, name: 'Column', uuid: TERM };
  expect(body.data).toContainEqual(column);
  expect(await api.call('portalUser', 'GET', '/v1/target-types/7')).toEqual({ status: 200, body: column });
});
