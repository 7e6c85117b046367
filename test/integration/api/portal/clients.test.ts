import Jsona from 'jsona';
import Kitsu from 'kitsu';
import { JSON_API, PATH, type PortalApi, SAMPLE, startPortalApi, TERM } from './portalApi';

jest.setTimeout(60_000);

const TERM_TYPE = 'taxonomy_term--subscription_target_type';

let api: PortalApi;
beforeAll(async () => {
  api = await startPortalApi();
});
afterEach(() => api.clear());
afterAll(() => api.stop());

test('jsona writes, reads, changes and lists', async () => {
  const jsona = new Jsona();
  const { uuid: _uuid, ...attributes } = SAMPLE.data.attributes;
  const stuff = {
    type: 'subscription--subscription',
    ...attributes,
    target_type: { type: TERM_TYPE, id: TERM },
    relationshipNames: ['target_type'],
  };
  const added = await api.send('ann', 'POST', `${PATH}/subscription`, {
    body: jsona.serialize({ stuff, includeNames: [] }),
  });
  expect(added.status).toBe(201);
  const one = jsona.deserialize(added.body) as Record<string, unknown>;
  expect(one).toMatchObject({ ...attributes, id: added.body.data.id, target_type: { type: TERM_TYPE, id: TERM } });

  const changed = await api.send('ann', 'PATCH', `${PATH}/subscription/${one.id}`, {
    body: jsona.serialize({ stuff: { type: one.type, id: one.id, title: 'changed' } as never }),
  });
  expect(jsona.deserialize(changed.body)).toMatchObject({ id: one.id, title: 'changed' });

  const list = jsona.deserialize((await api.send('ann', 'GET', PATH)).body);
  expect(list).toMatchObject([{ id: one.id, title: 'changed', target_id: '88981' }]);
});

test('kitsu writes, reads, changes, lists and deletes', async () => {
  const kitsu = new Kitsu({
    baseURL: `${api.url}/portal/api/v2`,
    headers: { Authorization: `Bearer ${api.keys.portalUser}` },
    pluralize: false,
    camelCaseTypes: false,
    resourceCase: 'none',
  });
  const { uuid: _uuid, ...attributes } = SAMPLE.data.attributes;
  const { data: added } = await kitsu.create('subscription/subscription', {
    ...attributes,
    target_type: { data: { type: TERM_TYPE, id: TERM } },
  });
  expect(added).toMatchObject({ ...attributes, target_type: { data: { id: TERM } } });

  const { data: read } = await kitsu.get(`subscription/subscription/${added.id}`);
  expect(read).toEqual(added);
  await kitsu.update('subscription/subscription', { id: added.id, title: 'changed' });
  const query = { params: { filter: { action: 'collection' }, page: { limit: 1, offset: 0 } } };
  expect((await kitsu.get('subscription', query)).data).toMatchObject([{ id: added.id, title: 'changed' }]);
  expect((await kitsu.get('subscription/me', { params: { filter: { action: 'like' } } })).data).toEqual([]);
  await expect(kitsu.get('subscription', { params: { sort: 'title' } })).rejects.toMatchObject({
    errors: [{ status: '400', source: { parameter: 'sort' } }],
  });

  await kitsu.delete('subscription/subscription', added.id);
  expect((await api.send('ann', 'GET', PATH)).body.data).toEqual([]);
});

test(`what they send is ${JSON_API}`, async () => {
  const kitsu = new Kitsu({ baseURL: api.url });
  expect(kitsu.headers).toMatchObject({ Accept: JSON_API, 'Content-Type': JSON_API });
});
