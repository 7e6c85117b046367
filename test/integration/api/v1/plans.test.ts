import type { Knex } from 'knex';
import { type KeyName, type NativeApi, startNativeApi } from './nativeApi';

const DELIVERIES = 100_000;
/** In pieces that stay far below the statement timeout on a busy machine. */
const BATCH = 5_000;
/** Of 8 kB. The merge over all subscriptions of a tenant costs most, and grows with them and not with the table. */
const MOST_BUFFERS = 3_500;

let api: NativeApi;
let subscriptionId: string;
/** Of rival's spy: nearly 10,000 wait in the line of `hs`, 10 in that of `gs`. */
let orderedId: string;
beforeAll(async () => {
  api = await startNativeApi();
  const apps = Array.from({ length: 20 }, (_, at) => ({
    tenant_id: at < 15 ? 'acme' : 'rival',
    id: `app${at}`,
    name: 'x',
  }));
  await api.db.knex('apps').insert(apps);
  await fill(api.db.knex);
  orderedId = await fillLine(api.db.knex);
  await api.db.knex.raw('ANALYZE');
  const row = await api.db.knex('subscriptions').where({ tenant_id: 'acme', app_id: 'app1' }).first();
  subscriptionId = row.id;
  const { body } = await api.call('operator', 'POST', '/v1/keys', {
    tenantId: 'acme',
    appId: 'app1',
    roles: ['subscriber'],
  });
  api.keys.shop = body.key;
}, 120_000);
afterAll(() => api.stop());

/** 20 apps with 5 subscriptions each, and their deliveries of 10 days: nearly all delivered, the newest 1 % pending. */
async function fill(knex: Knex): Promise<void> {
  await knex.raw(`
    INSERT INTO subscriptions (id, interface, tenant_id, app_id, callback_url, topics, timeout_ms, retry, max_in_flight)
    SELECT uuid_v7_at(1700000000000 + n), 'native', a.tenant_id, a.id, 'https://a.example/', '{gs}', 15000, '"gateway"', 10
    FROM apps a, generate_series(1, 5) n WHERE a.id LIKE 'app%';
    INSERT INTO lanes (id, subscription_id) SELECT uuid_v7_at(1700000000000), id FROM subscriptions;
  `);
  for (let from = 1; from <= DELIVERIES; from += BATCH) await insertDeliveries(knex, from);
}

async function insertDeliveries(knex: Knex, from: number): Promise<void> {
  await knex.raw(
    `WITH s AS (SELECT array_agg(id ORDER BY id) AS ids, array_agg(tenant_id ORDER BY id) AS tenants,
                       array_agg(app_id ORDER BY id) AS apps FROM subscriptions),
     n AS (SELECT n, now() + n * interval '8 seconds' AS at FROM generate_series(?::int, ?::int) AS n)
     INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                             due_by, created_at)
     SELECT uuid_v7_at((extract(epoch FROM at) * 1000)::bigint), (at AT TIME ZONE 'UTC')::date, gen_random_uuid(),
            'acme', s.ids[1 + n % 100], s.tenants[1 + n % 100], s.apps[1 + n % 100], 'gs',
            CASE WHEN n % 1000 = 7 THEN 'failed' WHEN n > ?::int * 0.99 THEN 'pending' ELSE 'delivered' END,
            CASE WHEN n / 100 % 2 = 0 THEN at END, at
     FROM n, s`,
    [from, from + BATCH - 1, DELIVERIES],
  );
}

async function fillLine(knex: Knex): Promise<string> {
  const { id } = await api.subscribe('spy', { topics: ['gs', 'hs'], ordered: true });
  await knex.raw(
    `INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                             lane_number, created_at)
     SELECT uuid_v7_at((extract(epoch FROM now()) * 1000)::bigint + n), (now() AT TIME ZONE 'UTC')::date,
            gen_random_uuid(), 'rival', ?, 'rival', 'spy', CASE WHEN n % 1000 = 0 THEN 'gs' ELSE 'hs' END, 'pending', n,
            now()
     FROM generate_series(1, 10000) AS n`,
    [id],
  );
  return id;
}

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}

/** What PostgreSQL did for each statement that a call made about deliveries, lanes and events. */
async function plansOf(key: KeyName, path: string): Promise<Plan[]> {
  const statements: { sql: string; bindings: Knex.RawBinding[] }[] = [];
  const remember = (query: { sql: string; bindings: Knex.RawBinding[] }) => statements.push(query);
  api.db.knex.on('query', remember);
  const { status } = await api.call(key, 'GET', path);
  api.db.knex.removeListener('query', remember);
  if (status !== 200) throw new Error(`${status}`);
  const plans: Plan[] = [];
  for (const { sql, bindings } of statements.filter(({ sql: text }) => /deliveries|lanes/.test(text))) {
    const unnumbered = sql.replace(/\$\d+/g, '?');
    const { rows } = await api.db.knex.raw(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${unnumbered}`, bindings);
    plans.push(rows[0]['QUERY PLAN'][0].Plan);
  }
  expect(plans.length).toBeGreaterThan(0);
  return plans;
}

function sequentialReads(plan: Plan): string[] {
  const here = plan['Node Type'] === 'Seq Scan' && plan['Relation Name']?.startsWith('deliveries') ? [plan] : [];
  const read = here.filter((scan) => scan['Actual Rows'] > 0).map((scan) => scan['Relation Name'] ?? '');
  return [...read, ...(plan.Plans ?? []).flatMap(sequentialReads)];
}

test.each([
  ['shop', ''],
  ['shop', '&state=pending'],
  ['shop', '&state=failed'],
  ['shop', '&state=delivered'],
  ['shop', '&subscriptionId={}'],
  ['shop', '&subscriptionId={}&state=pending'],
  ['shop', '&subscriptionId={}&state=failed'],
  ['acmeOperator', ''],
  ['acmeOperator', '&state=pending'],
  ['acmeOperator', '&state=failed'],
  ['operator', ''],
  ['operator', '&state=failed'],
  ['operator', '&state=pending'],
  ['operator', '&subscriptionId={}&state=pending'],
] as const)('a page of deliveries for %s%s costs what is on it', async (key, filter) => {
  const query = filter.replace('{}', subscriptionId);
  for (const plan of await plansOf(key, `/v1/deliveries?limit=50${query}`)) {
    const buffers = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
    expect(sequentialReads(plan)).toEqual([]);
    expect(buffers).toBeLessThan(MOST_BUFFERS);
  }
});

test('since and until leave out the partitions of other days', async () => {
  const day = 86_400_000;
  const since = new Date(Date.now() + 2 * day).toISOString();
  const until = new Date(Date.now() + 3 * day).toISOString();
  const plans = await plansOf('operator', `/v1/deliveries?since=${since}&until=${until}`);
  const partitions = new Set(JSON.stringify(plans).match(/deliveries_\d{8}(?!_)/g));
  expect(partitions.size).toBe(2);
});

test('lanes are counted by index', async () => {
  const [lane] = (await api.call('shop', 'GET', '/v1/lanes')).body.data;
  expect(lane.waiting).toBeGreaterThan(0);
  for (const path of [`/v1/lanes/${lane.id}`, '/v1/lanes', '/v1/lanes?state=paused']) {
    for (const plan of await plansOf('acmeOperator', path)) expect(sequentialReads(plan)).toEqual([]);
  }
});

test('of an ordered lane only its own line is read', async () => {
  const { id } = await api.db.knex('lanes').where({ subscription_id: orderedId, topic: 'gs' }).first('id');
  expect((await api.call('spy', 'GET', `/v1/lanes/${id}`)).body).toMatchObject({ waiting: 10 });
  for (const plan of await plansOf('spy', `/v1/lanes/${id}`)) {
    expect(sequentialReads(plan)).toEqual([]);
    expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThan(500);
  }
});

test("an event's deliveries and their replays are found by index", async () => {
  await api.subscribe('spy', { topics: ['octo/hello'] });
  const { eventId } = await api.publish({ tenantId: 'rival', topic: 'octo/hello' });
  for (const plan of await plansOf('spy', `/v1/events/${eventId}`)) expect(sequentialReads(plan)).toEqual([]);
});
