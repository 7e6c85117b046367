import { type DataPushApi, startDataPushApi } from './dataPushApi';

let api: DataPushApi;
beforeAll(async () => {
  api = await startDataPushApi();
});
afterAll(() => api.stop());

const TIMESTAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
const TOTAL = 34;

async function page(query: string) {
  return api.call('shop', 'GET', `/topics${query}`);
}

const namesOf = (body: { list: { topic: string }[] }) => body.list.map(({ topic }) => topic);

test('every field of a topic, and the page that it is on', async () => {
  await api.call('operator', 'PUT', '/v1/topics/hs', { name: 'HS', description: 'of hs', historyRequired: false });
  expect(await page('?current=2&pageSize=1')).toEqual({
    status: 200,
    body: {
      list: [{ topic: 'hs', name: 'HS', description: 'of hs', historyRequired: false, createdAt: TIMESTAMP }],
      pagination: { current: 2, pageSize: 1, total: TOTAL },
    },
  });
  const [first] = (await page('')).body.list;
  expect(first).toEqual({ topic: 'gs', name: 'gs', description: null, historyRequired: true, createdAt: TIMESTAMP });
});

test('the first 20 in the order of their topics, when nothing is said', async () => {
  const { body } = await page('');
  expect(body.list).toHaveLength(20);
  expect(body.pagination).toEqual({ current: 1, pageSize: 20, total: TOTAL });
  const all = namesOf((await page('?pageSize=500')).body);
  expect(all).toHaveLength(TOTAL);
  expect(all).toEqual([...all].sort());
  expect(namesOf(body)).toEqual(all.slice(0, 20));
});

test('pages follow each other without a gap, and beyond the last there is nothing', async () => {
  const all = namesOf((await page('?pageSize=500')).body);
  const seen = [];
  for (let current = 1; current <= 5; current++) {
    const { body } = await page(`?current=${current}&pageSize=7`);
    expect(body.pagination).toEqual({ current, pageSize: 7, total: TOTAL });
    seen.push(...namesOf(body));
  }
  expect(seen).toEqual(all);
  expect((await page('?current=6&pageSize=7')).body).toEqual({
    list: [],
    pagination: { current: 6, pageSize: 7, total: TOTAL },
  });
});

test.each([
  ['pageSize', '0'],
  ['pageSize', '501'],
  ['pageSize', '-1'],
  ['pageSize', 'x'],
  ['pageSize', ''],
  ['pageSize', '1.5'],
  ['pageSize', '5&pageSize=6'],
  ['current', '0'],
  ['current', '-1'],
  ['current', 'x'],
  ['current', '9999999999'],
])('%s=%s is refused by its name', async (name, value) => {
  expect(await page(`?${name}=${value}`)).toEqual({
    status: 400,
    body: { code: '400', message: expect.stringMatching(`^${name}: `) },
  });
});

test('an unknown parameter is ignored', async () => {
  expect((await page('?colour=red')).status).toBe(200);
});
