import { startTestApi } from '../testApi';
import { type CmdbApi, refused, SUBSCRIBE, startCmdbApi } from './cmdbApi';

jest.setTimeout(30_000);

let api: CmdbApi;
let id: number;
let before: string;
beforeAll(async () => {
  api = await startCmdbApi();
  id = await api.made();
  before = await api.everything();
});
afterEach(async () => expect(await api.everything()).toBe(before));
afterAll(() => api.stop());

const OTHER = { subscription_name: 'other' };
const CALLS = [
  ['saved', 1103000, () => api.subscribe(OTHER)],
  ['deleted', 1103001, () => api.unsubscribe(id)],
  ['selected', 1103002, () => api.search()],
  ['updated', 1103003, () => api.modify(id, OTHER)],
] as const;

test.each(CALLS)('what cannot be %s, because PostgreSQL refuses, has the number %d', async (_, code, call) => {
  const { knex } = api.db;
  await knex.raw('ALTER TABLE cmdb_subscriptions RENAME TO elsewhere');
  try {
    expect(await call()).toEqual({ status: 500, body: refused(code, /^an internal error/) });
  } finally {
    await knex.raw('ALTER TABLE elsewhere RENAME TO cmdb_subscriptions');
  }
});

test('what PostgreSQL cannot do now is worth a repeat', async () => {
  const { knex } = api.db;
  const holder = await knex.transaction();
  try {
    await holder.raw('LOCK TABLE cmdb_subscriptions');
    const answers = await Promise.all(CALLS.map(([, , call]) => call()));
    expect(answers).toEqual(CALLS.map(() => ({ status: 503, body: refused(1199000) })));
  } finally {
    await holder.rollback();
  }
});

test('too many calls: 429 with Retry-After', async () => {
  const limited = await startTestApi({ rateLimitPerKey: 1 });
  try {
    const authorization = await limited.key({ tenantId: 'acme', appId: 'shop', roles: ['subscriber'] });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        fetch(`${limited.url}${SUBSCRIBE}/acme/2`, { method: 'POST', headers: { authorization }, body: '{' }),
      ),
    );
    const over = answers.find(({ status }) => status === 429);
    expect(await over?.json()).toEqual(refused(1199000));
    expect(Number(over?.headers.get('retry-after'))).toBeGreaterThan(0);
  } finally {
    await limited.stop();
  }
});
