import type { Knex } from 'knex';
import { ADDED, FROZEN, type GatewayApi, startGatewayApi } from './gatewayApi';

jest.setTimeout(120_000);

const FAILED = 40_000;
/** In pieces that stay far below the statement timeout on a busy machine. */
const BATCH = 5_000;
/** Of 8 kB: about two for each of the 18 tags and each day's partition. Reading the table costs several times as many. */
const MOST_BUFFERS = 3_500;

let api: GatewayApi;
beforeAll(async () => {
  api = await startGatewayApi();
  const { id } = await api.registered(FROZEN, api.ok);
  const native = await api.subscribe('shop');
  const { eventId } = await api.publishTag(FROZEN);
  for (let from = 0; from < FAILED; from += BATCH) {
    await api.db.knex.raw(
      `INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                               created_at, finished_at, replay_of)
       SELECT uuid_v7_at((extract(epoch FROM e.accepted_at) * 1000)::bigint), e.day, e.id, 'acme',
              CASE WHEN n % 2 = 0 THEN :id::uuid ELSE :nativeId::uuid END, 'acme', 'shop',
              CASE WHEN n % 2 = 0 THEN :tag ELSE 'gs' END, 'failed', e.accepted_at, now() - n * interval '1 second',
              gen_random_uuid()
       FROM events e, generate_series(:from::int, :to::int) n WHERE e.id = :eventId`,
      { id, nativeId: native.id, tag: FROZEN, from, to: from + BATCH - 1, eventId },
    );
  }
  await api.db.knex.raw('ANALYZE deliveries');
});
afterAll(() => api?.stop());

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}

/** What PostgreSQL did for the call's statement about deliveries. */
async function planOf(query: string): Promise<Plan> {
  const statements: { sql: string; bindings: Knex.RawBinding[] }[] = [];
  const remember = (statement: { sql: string; bindings: Knex.RawBinding[] }) => statements.push(statement);
  api.db.knex.on('query', remember);
  const { status, body } = await api.failedMessages(query);
  api.db.knex.removeListener('query', remember);
  expect(status).toBe(200);
  expect(body.data.list.length).toBe(query.includes(encodeURIComponent(ADDED)) ? 0 : 50);
  const [statement, ...more] = statements.filter(({ sql }) => sql.includes('deliveries'));
  if (!statement || more.length > 0) throw new Error('not one statement');
  const { rows } = await api.db.knex.raw(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement.sql.replace(/\$\d+/g, '?')}`,
    statement.bindings,
  );
  return rows[0]['QUERY PLAN'][0].Plan;
}

function sequentialReads(plan: Plan): string[] {
  const isRead = plan['Node Type'] === 'Seq Scan' && plan['Relation Name']?.startsWith('deliveries');
  const here = isRead && plan['Actual Rows'] > 0 ? [plan['Relation Name'] ?? ''] : [];
  return [...here, ...(plan.Plans ?? []).flatMap(sequentialReads)];
}

test.each([
  '',
  `eventTag=${encodeURIComponent(FROZEN)}`,
  `eventTag=${encodeURIComponent(ADDED)}`,
  `until=${Date.now() - 5_000_000}`,
  `since=${Date.now() - 5_000_000}`,
])('a page of failed messages with "%s" costs what is on it', async (query) => {
  const plan = await planOf(query && `?${query}`);
  expect(sequentialReads(plan)).toEqual([]);
  expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThan(MOST_BUFFERS);
});
