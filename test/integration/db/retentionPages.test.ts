import { claimDeliveries } from '../../../src/db/carrying/claim';
import { recordOutcomes } from '../../../src/db/carrying/outcomes';
import { outcomeOf } from './carrying';
import { daysAgo, type Retention, startRetention } from './retentionSetup';

jest.setTimeout(120_000);

const OLD = daysAgo(100);
const TO_KEEP = 10_000;
const PAST = 3000;

let retention: Retention;
beforeAll(async () => {
  retention = await startRetention();
});
afterAll(() => retention.stop());

/** Locks on what every statement of the engine touches that would keep it waiting. */
async function blockingLocks(): Promise<unknown[]> {
  const { rows } = await retention.knex.raw(
    `SELECT c.relname, l.mode, l.granted FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
     WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND c.relname ~ '^(events|deliveries|attempts)' AND l.mode IN ('ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`,
  );
  return rows;
}

test('deliveries go on while a day with 10,000 to keep is worked on', async () => {
  const { db, knex, subscriptionId } = retention;
  const failing = await retention.subscribe({ topics: ['hs'] });
  const pending = await retention.seed({ day: OLD, state: 'pending', count: TO_KEEP });
  await retention.seed({ day: OLD, state: 'failed', count: PAST, subscriptionId: failing });
  await knex('dropped_deliveries').insert({ subscription_id: failing, finished: 0, failed: 0 });
  const deliver = async (deliveryId: string) => {
    const [claimed] = await claimDeliveries(db, { wanted: [{ deliveryId, generation: 1 }], early: false });
    expect(claimed).toMatchObject({ deliveryId, event: { changes: '[1]' } });
    const outcome = outcomeOf({ deliveryId, generation: 1, attempt: 2 }, 200);
    expect(await recordOutcomes(db, [outcome])).toMatchObject([{ deliveryId, state: 'delivered' }]);
  };

  // In the midst of a page, whose count waits for this row.
  const holder = await knex.transaction();
  await holder('dropped_deliveries').where({ subscription_id: failing }).forUpdate();
  const running = retention.round();
  await retention.waitsForLock('INSERT INTO dropped_deliveries');
  expect(await blockingLocks()).toEqual([]);
  expect(await retention.acceptOne()).toMatchObject({ subscriptionId });
  for (const id of pending.slice(0, 5)) await deliver(id);
  expect(await retention.totals(failing)).toEqual({ finished: PAST, failed: PAST });
  await holder.commit();

  expect(await running).toMatchObject({ daysDropped: [], daysKept: [OLD], daysInUse: [], deliveriesDeleted: PAST });
  expect(await retention.totals(failing)).toEqual({ finished: PAST, failed: PAST });
  expect(await retention.totals()).toEqual({ finished: 5, failed: 0 });
  for (const table of ['deliveries', 'events']) expect(await retention.on(OLD, table)).toHaveLength(TO_KEEP);
  expect(await retention.on(OLD, 'attempts', 'delivery_id')).toHaveLength(TO_KEEP + 5);
});

test('a round that was ended in the midst of its pages is gone on with by the next one', async () => {
  const { knex, subscriptionId } = retention;
  const later = await retention.subscribe({ topics: ['hs'] });
  await knex('dropped_deliveries').insert({ subscription_id: later, finished: 0, failed: 0 });
  const expire = (more: string) =>
    knex.raw(
      `UPDATE deliveries SET state = 'failed', finished_at = now() - interval '40 days', ${more}
       WHERE id IN (SELECT id FROM deliveries WHERE day = ? AND state = 'pending' ORDER BY id LIMIT 3000)`,
      [OLD],
    );
  await expire("reason = 'gone'");
  await expire(`subscription_id = '${later}'`);
  const totals = async () => [await retention.totals(), await retention.totals(later)];
  const before = await totals();

  const holder = await knex.transaction();
  await holder('dropped_deliveries').where({ subscription_id: later }).forUpdate();
  const running = retention.round();
  running.catch(() => undefined);
  await retention.waitsForLock('INSERT INTO dropped_deliveries');
  const between = await knex('deliveries').where({ day: OLD, subscription_id: subscriptionId, state: 'failed' });
  await knex.raw(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO dropped_deliveries%'`,
  );
  await expect(running).rejects.toThrow();
  await holder.commit();
  expect(between.length).toBeLessThan(3000);
  expect(await totals()).toEqual(before);

  expect(await retention.round()).toMatchObject({ daysKept: [OLD], deliveriesDeleted: 3000 + between.length });
  expect(await totals()).toEqual(before);
  for (const table of ['deliveries', 'events']) expect(await retention.on(OLD, table)).toHaveLength(TO_KEEP - 6000);
});
