import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '../../../src/db/database';
import { readDeliveryTotals } from '../../../src/db/deliveryTotals';
import { retain } from '../../../src/db/retention/retain';
import { createTestDatabase, type TestDatabase } from '../../support/postgres';

jest.setTimeout(60_000);

const OLD_DAY = '2026-01-05';
const MORE_DAYS = 31;
const [MANY, FEW, NONE] = [randomUUID(), randomUUID(), randomUUID()];

let testDatabase: TestDatabase;
let db: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = openDatabase({ url: testDatabase.url, onIdleError: () => undefined });
  for (const table of ['events', 'deliveries', 'attempts']) {
    await db.knex.raw(
      `CREATE TABLE ${table}_20260105 PARTITION OF ${table} FOR VALUES FROM ('2026-01-05') TO ('2026-01-06')`,
    );
  }
});
afterAll(async () => {
  await db.close();
  await testDatabase.drop();
});

interface Seed {
  subscriptionId: string;
  state: 'pending' | 'delivered' | 'failed' | 'cancelled';
  count: number;
  /** Default today. */
  day?: string;
  /** Default 300. */
  finishedDaysAgo?: number;
}

async function seed({ subscriptionId, state, count, day, finishedDaysAgo = 300 }: Seed): Promise<void> {
  await db.knex.raw(
    `INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                             created_at, finished_at)
     SELECT gen_random_uuid(), d.day, gen_random_uuid(), 't', ?, 't', 'a', 'x', s.state, now(),
            CASE WHEN s.state <> 'pending' THEN now() - ? * interval '1 day' END
     FROM (SELECT coalesce(?::date, (now() AT TIME ZONE 'UTC')::date) AS day) d, (SELECT ?::text AS state) s,
          generate_series(1, ?::int)`,
    [subscriptionId, finishedDaysAgo, day ?? null, state, count],
  );
}

const totals = async () => Object.fromEntries(await readDeliveryTotals(db.knex, [MANY, FEW, NONE]));

test('what is finished is counted, what is pending is not', async () => {
  await seed({ subscriptionId: MANY, state: 'delivered', count: 5 });
  await seed({ subscriptionId: MANY, state: 'failed', count: 3 });
  await seed({ subscriptionId: MANY, state: 'cancelled', count: 2 });
  await seed({ subscriptionId: MANY, state: 'pending', count: 4 });
  await seed({ subscriptionId: FEW, state: 'pending', count: 1 });
  expect(await totals()).toEqual({
    [MANY]: { finished: 10, failed: 3 },
    [FEW]: { finished: 0, failed: 0 },
    [NONE]: { finished: 0, failed: 0 },
  });
});

test('what retention drops stays counted, once', async () => {
  await seed({ subscriptionId: MANY, state: 'delivered', count: 7, day: OLD_DAY });
  await seed({ subscriptionId: MANY, state: 'failed', count: 2, day: OLD_DAY });
  await seed({ subscriptionId: MANY, state: 'failed', count: 1, day: OLD_DAY, finishedDaysAgo: 3 });
  await seed({ subscriptionId: MANY, state: 'pending', count: 6, day: OLD_DAY });
  await seed({ subscriptionId: FEW, state: 'failed', count: 1, day: OLD_DAY });
  const before = await totals();
  expect(before).toMatchObject({ [MANY]: { finished: 20, failed: 6 }, [FEW]: { finished: 1, failed: 1 } });

  expect(await retain(db.knex, { retentionDays: 30 })).toMatchObject({ daysDropped: [OLD_DAY], deliveriesDeleted: 0 });
  expect(await db.knex('deliveries').where({ day: OLD_DAY })).toHaveLength(7);
  expect(await totals()).toEqual(before);

  // What was kept finishes, and goes when it is past its retention too.
  await db.knex('deliveries_kept').where({ state: 'pending' }).update({ state: 'delivered' });
  await db.knex('deliveries_kept').update({ finished_at: db.knex.raw("now() - ? * interval '1 day'", [MORE_DAYS]) });
  const finished = { [MANY]: { finished: 26, failed: 6 }, [FEW]: { finished: 1, failed: 1 } };
  expect(await totals()).toMatchObject(finished);
  expect(await retain(db.knex, { retentionDays: 30 })).toMatchObject({ daysDropped: [], deliveriesDeleted: 7 });
  expect(await totals()).toMatchObject(finished);
  expect(await retain(db.knex, { retentionDays: 30 })).toMatchObject({ deliveriesDeleted: 0 });
  expect(await totals()).toMatchObject(finished);
});

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  Plans?: Plan[];
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

test('they are read by index', async () => {
  const busy = Array.from({ length: 20 }, () => randomUUID());
  for (const subscriptionId of busy) {
    await seed({ subscriptionId, state: 'delivered', count: 2000 });
    await seed({ subscriptionId, state: 'failed', count: 10 });
  }
  await db.knex.raw('VACUUM ANALYZE deliveries');
  const asked: { sql: string; bindings: readonly unknown[] }[] = [];
  const remember = (query: { sql: string; bindings: readonly unknown[] }) => asked.push(query);
  db.knex.on('query', remember);
  const read = await readDeliveryTotals(db.knex, busy.slice(0, 5));
  db.knex.removeListener('query', remember);
  expect([...read.values()]).toEqual(new Array(5).fill({ finished: 2010, failed: 10 }));
  const [{ sql, bindings } = { sql: '', bindings: [] }] = asked;
  const explained = await db.knex.raw(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql.replace(/\$\d+/g, '?')}`, [
    ...bindings,
  ] as string[]);
  const nodes = nodesOf(explained.rows[0]['QUERY PLAN'][0].Plan);
  const deliveries = nodes.filter((node) => node['Relation Name']?.startsWith('deliveries') && node['Actual Rows'] > 0);
  expect(deliveries.length).toBeGreaterThan(0);
  expect(deliveries.map((node) => node['Node Type'])).not.toContain('Seq Scan');
});
