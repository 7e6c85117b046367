import { type CmdbApi, startCmdbApi } from './cmdbApi';

interface Row {
  subscription_id: number;
  subscription_name: string;
}

jest.setTimeout(60_000);

let api: CmdbApi;
beforeAll(async () => {
  api = await startCmdbApi();
  for (const [at, name] of ['c', 'a', 'b', 'B', 'é'].entries()) {
    await api.made(
      {
        subscription_name: name,
        system_name: `system${at % 2}`,
        callback_url: `${at % 2 === 0 ? '' : 'http://'}hooks.example/${name}`,
        confirm_mode: at === 0 ? 'regular' : 'httpstatus',
        confirm_pattern: `20${at}`,
        subscription_form: `event${9 - at}`,
        timeout: 60 - at,
      },
      { user: `user${(at + 3) % 5}` },
    );
  }
});
afterAll(() => api.stop());

const search = async (body: unknown): Promise<string> => {
  const answer = await api.search(body);
  expect(answer).toMatchObject({ status: 200, body: { result: true, bk_error_code: 0 } });
  return answer.body.data.map(({ subscription_name }: Row) => subscription_name).join('');
};

test.each([
  [undefined, 'cabBé'],
  ['', 'cabBé'],
  ['HostName', 'cabBé'],
  ['-HostName', 'éBbac'],
  ['constructor', 'cabBé'],
  ['statistics', 'cabBé'],
  ['subscription_id', 'cabBé'],
  ['-subscription_id', 'éBbac'],
  ['subscription_name', 'Babcé'],
  ['-subscription_name', 'écbaB'],
  ['system_name', 'cbéaB'],
  ['-system_name', 'Baébc'],
  ['callback_url', 'bcéBa'],
  ['confirm_mode', 'abBéc'],
  ['-confirm_mode', 'céBba'],
  ['confirm_pattern', 'cabBé'],
  ['subscription_form', 'éBbac'],
  ['timeout', 'éBbac'],
  ['-timeout', 'cabBé'],
  ['last_time', 'cabBé'],
  ['-last_time', 'éBbac'],
  ['operator', 'bBéca'],
  [' subscription_name', 'cabBé'],
])('sorted by %s', async (sort, names) => {
  expect(await search({ page: { start: 0, limit: 10, sort } })).toBe(names);
});

test.each([
  [{}, 'cabBé'],
  [{ page: null }, 'cabBé'],
  [{ page: {} }, 'cabBé'],
  [{ page: { start: null, limit: null, sort: null } }, 'cabBé'],
  [{ page: { limit: 2 } }, 'ca'],
  [{ page: { start: 1, limit: 2 } }, 'ab'],
  [{ page: { start: 4, limit: 2 } }, 'é'],
  [{ page: { start: 5 } }, ''],
  [{ page: { start: 1e300 } }, ''],
  [{ page: { limit: 0 } }, 'cabBé'],
  [{ page: { limit: -1 } }, 'cabBé'],
  [{ page: { limit: 1e300 } }, 'cabBé'],
  [{ condition: null }, 'cabBé'],
  [{ condition: {} }, 'cabBé'],
  [{ condition: { subscription_name: null } }, 'cabBé'],
  [{ condition: { subscription_name: 'b' } }, 'b'],
  [{ condition: { subscription_name: '' } }, ''],
  [{ condition: { system_name: 'system0' } }, 'cbé'],
  [{ condition: { system_name: 'system' } }, ''],
  [{ condition: { callback_url: 'http://hooks.example/a' } }, 'a'],
  [{ condition: { callback_url: 'hooks.example/c' } }, 'c'],
  [{ condition: { callback_url: 'http://hooks.example/c' } }, ''],
  [{ condition: { system_name: 'system0', subscription_name: 'a' } }, ''],
  [{ page: { limit: 1, sort: '-timeout' }, condition: { system_name: 'system1' } }, 'a'],
  [{ page: { more: 1 }, fields: ['x'], bk_biz_id: 2 }, 'cabBé'],
])('%j finds %j', async (body, names) => {
  expect(await search(body)).toBe(names);
});

test('a page has at most 200', async () => {
  for (let at = 0; at < 201; at++) {
    await api.made({ subscription_name: `${at}`, subscription_form: `x${at}` }, { biz: 9 });
  }
  const count = async (page?: unknown) => (await api.search({ page }, { biz: 9 })).body.data.length;
  expect([await count(), await count({ limit: 500 }), await count({ limit: -1 })]).toEqual([200, 200, 200]);
  expect(await count({ start: 200 })).toBe(1);
});

test('an account and a business without any subscription have an empty list', async () => {
  expect((await api.search({}, { biz: 77 })).body.data).toEqual([]);
  expect((await api.search({}, { biz: '00' })).body.data).toEqual([]);
  expect((await api.search({}, { key: 'operator', account: 'nowhere' })).body.data).toEqual([]);
});

test('search is not taken for an account, nor an account for it', async () => {
  const unknown = await api.send('POST', '/api/v3/event/subscribe/search/acme/2/1', { body: '{}' });
  expect(unknown).toMatchObject({ status: 404, body: { result: false, bk_error_code: 1199000 } });
  const wrong = await api.send('PUT', '/api/v3/event/subscribe/search/acme/2', { body: '{}' });
  expect(wrong).toMatchObject({ status: 405, body: { result: false, bk_error_code: 1199000 } });
  expect(wrong.headers.get('allow')).toBe('POST');
});
