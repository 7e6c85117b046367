import { daysAgo, type Retention, startRetention } from './retentionSetup';

jest.setTimeout(60_000);

const OLD = daysAgo(100);
let retention: Retention;
beforeAll(async () => {
  retention = await startRetention();
});
afterAll(() => retention?.stop());
afterEach(async () => {
  for (const table of ['attempts', 'deliveries', 'events', 'dropped_deliveries']) await retention.knex(table).delete();
  await retention.round();
});

/** Every delivery of the day has its event and its attempt, and nothing else is there. */
async function expectWhole(day: string): Promise<void> {
  const { knex } = retention;
  const deliveries = await knex('deliveries').where({ day });
  expect(await retention.on(day, 'attempts', 'delivery_id')).toEqual(deliveries.map(({ id }) => id).sort());
  const events = [...new Set(deliveries.map(({ event_id }) => event_id))].sort();
  expect(await retention.on(day, 'events')).toEqual(events);
}

/** In a day that is dropped, and in one that has so much to keep that it is not. */
describe.each([
  { much: false, outcome: { daysDropped: [OLD], daysKept: [] } },
  { much: true, outcome: { daysDropped: [], daysKept: [OLD] } },
])('of a past day, with much to keep: $much', ({ much, outcome }) => {
  beforeEach(async () => {
    if (much) await retention.seedMuch(OLD);
  });

  test.each([
    { stays: false, state: 'delivered' },
    { stays: false, state: 'failed' },
    { stays: false, state: 'cancelled' },
    { stays: false, state: 'delivered', finishedDaysAgo: 31 },
    { stays: false, state: 'failed', finishedDaysAgo: 31 },
    { stays: true, state: 'delivered', finishedDaysAgo: 29 },
    { stays: true, state: 'failed', finishedDaysAgo: 29 },
    { stays: true, state: 'cancelled', finishedDaysAgo: 29 },
    { stays: true, state: 'pending' },
    { stays: true, state: 'pending', behindLane: true },
    { stays: true, state: 'pending', laneNumber: 1 },
  ] as const)('%j', async ({ stays, ...row }) => {
    const { subscriptionId } = retention;
    const ids = await retention.seed({ day: OLD, ...row, count: 3 });
    const totals = await retention.totals();
    expect(await retention.round()).toMatchObject({ ...outcome, daysInUse: [] });

    const left = await retention
      .knex('deliveries')
      .where({ subscription_id: subscriptionId })
      .orderBy('id')
      .pluck('id');
    expect(left).toEqual(stays ? ids : []);
    expect(await retention.totals()).toEqual(totals);
    expect(await retention.hasPartition(OLD)).toBe(much);
    await expectWhole(OLD);
  });

  test('a copy of a re-push stays with its event, though its original goes', async () => {
    const [original = ''] = await retention.seed({ day: OLD, state: 'delivered' });
    const { rows } = await retention.knex.raw(
      `INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state, replay_of, created_at)
       SELECT uuid_v7_at((extract(epoch FROM created_at) * 1000)::bigint), day, event_id, event_tenant_id, subscription_id,
              tenant_id, app_id, topic, 'pending', id, now() FROM deliveries WHERE id = ? RETURNING id, event_id`,
      [original],
    );
    const [copy] = rows;
    expect(await retention.round()).toMatchObject(outcome);
    const left = await retention.knex('deliveries').where({ event_id: copy.event_id }).pluck('id');
    expect(left).toEqual([copy.id]);
    expect(await retention.on(OLD, 'events')).toContain(copy.event_id);
  });

  test('an event without deliveries goes, unless they are not all written', async () => {
    const ids = await retention.seed({ day: OLD, state: 'delivered', count: 2 });
    const events = await retention.knex('deliveries').whereIn('id', ids).orderBy('event_id').pluck('event_id');
    await retention.knex('attempts').whereIn('delivery_id', ids).delete();
    await retention.knex('deliveries').whereIn('id', ids).delete();
    await retention.knex('events').where({ id: events[0] }).update({ fan_out_after: retention.subscriptionId });
    for (const _ of ['the day', 'what was kept of it']) {
      expect((await retention.round()).daysInUse).toEqual([]);
      expect(await retention.knex('events').whereIn('id', events).pluck('id')).toEqual([events[0]]);
    }
  });
});

test('days that are not past are left alone, also with the shortest retention', async () => {
  const [yesterday, past] = [daysAgo(1), daysAgo(2)];
  await retention.seed({ day: yesterday, state: 'delivered', finishedDaysAgo: 1.5 });
  await retention.seed({ day: past, state: 'delivered' });
  await retention.seed({ day: past, state: 'failed', finishedDaysAgo: 0.9 });
  expect(await retention.round(1)).toMatchObject({ daysDropped: [past], daysKept: [] });
  expect(await retention.on(yesterday)).toHaveLength(1);
  expect(await retention.on(past)).toHaveLength(1);
  await expectWhole(past);
});

test('what was kept goes when it is past its retention too, whatever is left beside it', async () => {
  const kept = await retention.seed({ day: OLD, state: 'pending', count: 3 });
  await retention.round();
  const totals = await retention.totals();
  const finish = (id: string | undefined, daysAgo: number) =>
    retention
      .knex('deliveries')
      .where({ id })
      .update({ state: 'delivered', finished_at: retention.knex.raw("now() - ? * interval '24 hours'", [daysAgo]) });
  await finish(kept[0], 31);
  await finish(kept[1], 29);
  expect(await retention.round()).toMatchObject({ daysDropped: [], daysKept: [], deliveriesDeleted: 1 });
  expect(await retention.on(OLD)).toEqual(kept.slice(1));
  await expectWhole(OLD);
  expect(await retention.totals()).toEqual({ finished: (totals?.finished ?? 0) + 2, failed: 0 });
});

test('a day with less left to keep than before is dropped at last', async () => {
  const much = 2001;
  await retention.seed({ day: OLD, state: 'pending', count: much });
  await retention.seed({ day: OLD, state: 'failed', count: 5 });
  expect(await retention.round()).toMatchObject({ daysKept: [OLD], deliveriesDeleted: 5 });
  await retention.knex.raw(
    `UPDATE deliveries SET state = 'delivered', finished_at = now() - interval '40 days'
     WHERE id IN (SELECT id FROM deliveries ORDER BY id LIMIT 1000)`,
  );
  expect(await retention.round()).toMatchObject({ daysDropped: [OLD], daysKept: [] });
  expect(await retention.on(OLD)).toHaveLength(much - 1000);
  await expectWhole(OLD);
  expect(await retention.totals()).toEqual({ finished: 1005, failed: 5 });
});

test('an Idempotency-Key is held until it expires', async () => {
  await retention.knex.raw(`
    INSERT INTO idempotency_keys (tenant_id, key, body_hash, event_id, expires_at) VALUES
      ('t', 'old', '\\x00', gen_random_uuid(), now() - interval '1 s'),
      ('t', 'live', '\\x00', gen_random_uuid(), now() + interval '1 day')`);
  expect((await retention.round()).expiredKeys).toBe(1);
  expect(await retention.knex('idempotency_keys').pluck('key')).toEqual(['live']);
});
