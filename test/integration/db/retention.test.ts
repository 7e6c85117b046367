import { type Database, openDatabase } from '../../../src/db/database';
import { retain } from '../../../src/db/retention';
import { createTestDatabase, type TestDatabase } from '../../support/postgres';

const OLD_DAY = '2026-01-05';
const RETENTION_DAYS = 30;

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = openDatabase({ url: testDatabase.url, onIdleError: () => undefined });
  await db.knex.raw(`
    INSERT INTO tenants (id, name) VALUES ('t', 't');
    INSERT INTO apps (tenant_id, id, name) VALUES ('t', 'a', 'a');
    INSERT INTO subscriptions (id, interface, tenant_id, app_id, callback_url, topics, timeout_ms, retry, max_in_flight)
    VALUES ('${id('50')}', 'native', 't', 'a', 'http://127.0.0.1/', '{x}', 1000, '[]', 10);
  `);
  for (const table of ['events', 'deliveries', 'attempts']) {
    await db.knex.raw(
      `CREATE TABLE ${table}_20260105 PARTITION OF ${table} FOR VALUES FROM ('2026-01-05') TO ('2026-01-06')`,
    );
  }
  await seed('01', { state: 'delivered', finishedDaysAgo: 300 });
  await seed('02', { state: 'pending', finishedDaysAgo: null });
  await seed('03', { state: 'failed', finishedDaysAgo: 3 });
});

afterAll(async () => {
  await db.close();
  await testDatabase.drop();
});

/** Ids of the old day: 2026-01-05T00:00:00Z in their first 48 bits. */
function id(suffix: string): string {
  const ms = Date.parse(`${OLD_DAY}T00:00:00Z`).toString(16).padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-0000000000${suffix}`;
}

async function seed(
  suffix: string,
  { state, finishedDaysAgo }: { state: string; finishedDaysAgo: number | null },
): Promise<void> {
  await db.knex.raw(
    `INSERT INTO events (id, day, tenant_id, source, topic, type, status, key, changes, publisher_key_id, accepted_at)
     VALUES (?, ?, 't', 's', 'x', 'y', 'z', 'k', '[1]', 'key', ?)`,
    [id(suffix), OLD_DAY, OLD_DAY],
  );
  await db.knex.raw(
    `INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                             attempt, created_at, finished_at)
     VALUES (?, ?, ?, 't', ?, 't', 'a', 'x', ?, 1, ?, now() - ? * interval '1 day')`,
    [id(suffix), OLD_DAY, id(suffix), id('50'), state, OLD_DAY, finishedDaysAgo],
  );
  await db.knex.raw(`INSERT INTO attempts (delivery_id, day, number, started_at, duration_ms) VALUES (?, ?, 1, ?, 5)`, [
    id(suffix),
    OLD_DAY,
    OLD_DAY,
  ]);
}

async function idsIn(table: string, column = 'id'): Promise<string[]> {
  return (await db.knex(table).where({ day: OLD_DAY }).orderBy(column).pluck(column)) as string[];
}

test('a day past its retention is dropped; what is pending or finished lately stays, with its event and attempts', async () => {
  const result = await retain(db.knex, { retentionDays: RETENTION_DAYS });

  expect(result.daysDropped).toEqual([OLD_DAY]);
  const kept = [id('02'), id('03')];
  expect(await idsIn('deliveries')).toEqual(kept);
  expect(await idsIn('events')).toEqual(kept);
  expect(await idsIn('attempts', 'delivery_id')).toEqual(kept);
  expect((await db.knex.raw("SELECT to_regclass('deliveries_20260105') AS gone")).rows).toEqual([{ gone: null }]);
});

test('what was kept goes when it is past its retention too', async () => {
  await db
    .knex('deliveries')
    .where({ id: id('03') })
    .update({ finished_at: db.knex.raw("now() - interval '31 days'") });

  expect(await retain(db.knex, { retentionDays: RETENTION_DAYS })).toMatchObject({
    daysDropped: [],
    keptRowsDropped: 1,
  });

  const kept = [id('02')];
  expect(await idsIn('deliveries')).toEqual(kept);
  expect(await idsIn('events')).toEqual(kept);
  expect(await idsIn('attempts', 'delivery_id')).toEqual(kept);
});

test('an event whose deliveries are not all written stays, also when none of them is left', async () => {
  for (const table of ['events', 'deliveries', 'attempts']) {
    await db.knex.raw(
      `CREATE TABLE ${table}_20260106 PARTITION OF ${table} FOR VALUES FROM ('2026-01-06') TO ('2026-01-07')`,
    );
  }
  await db.knex.raw(
    `INSERT INTO events (id, day, tenant_id, source, topic, type, status, key, changes, publisher_key_id, accepted_at,
                         fan_out_after)
     VALUES (?, '2026-01-06', 't', 's', 'x', 'y', 'z', 'k', '[1]', 'key', '2026-01-06', ?)`,
    [id('04'), id('50')],
  );
  const unfinished = () => db.knex('events').where({ day: '2026-01-06' }).pluck('id');
  expect((await retain(db.knex, { retentionDays: RETENTION_DAYS })).daysDropped).toEqual(['2026-01-06']);
  expect(await unfinished()).toEqual([id('04')]);

  // Something else that was kept is past its retention: what has no delivery left goes with it, but for this.
  await seed('05', { state: 'delivered', finishedDaysAgo: 31 });
  expect((await retain(db.knex, { retentionDays: RETENTION_DAYS })).keptRowsDropped).toBe(1);
  expect(await unfinished()).toEqual([id('04')]);
  await db
    .knex('events')
    .where({ id: id('04') })
    .delete();
});

test('an Idempotency-Key is held until it expires', async () => {
  await db.knex.raw(`
    INSERT INTO idempotency_keys (tenant_id, key, body_hash, event_id, expires_at) VALUES
      ('t', 'old', '\\x00', '${id('01')}', now() - interval '1 s'), ('t', 'live', '\\x00', '${id('02')}', now() + interval '1 day')`);

  expect((await retain(db.knex, { retentionDays: RETENTION_DAYS })).expiredKeys).toBe(1);
  expect(await db.knex('idempotency_keys').pluck('key')).toEqual(['live']);
});
