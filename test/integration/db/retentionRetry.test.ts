import { claimDeliveries } from '../../../src/db/carrying/claim';
import { holdLane } from '../../../src/db/carrying/holdLane';
import { nextInLine } from '../../../src/db/carrying/nextInLine';
import { makeCopies } from '../../../src/db/carrying/replays';
import { retryDelivery } from '../../../src/db/carrying/steer';
import { activateLanes } from '../../../src/db/carrying/steerLanes';
import { steerOn } from '../../support/steer';
import { daysAgo, type Retention, startRetention } from './retentionSetup';

jest.setTimeout(120_000);

const OLD = daysAgo(100);
let retention: Retention;
beforeEach(async () => {
  retention = await startRetention();
});
afterEach(() => retention.stop());

const seedFailed = async (day = OLD) => (await retention.seed({ day, state: 'failed' }))[0] ?? '';
const claim = (deliveryId: string) =>
  claimDeliveries(retention.db, { wanted: [{ deliveryId, generation: 2 }], early: true });

describe.each([false, true])(
  'a delivery that failed long ago is retried while its day goes; with much to keep: %s',
  (much) => {
    beforeEach(async () => {
      if (much) await retention.seedMuch(OLD);
    });

    test('and it stays, when the retry came first', async () => {
      const id = await seedFailed();
      const retrying = await retention.knex.transaction();
      expect(await retryDelivery(retrying, id)).toMatchObject({ kind: 'due', generation: 2 });
      const running = retention.round();
      if (much) await running;
      else await retention.waitsForLock('LOCK TABLE ONLY "deliveries"');
      await retrying.commit();
      await running;
      await retention.round();
      expect(await claim(id)).toMatchObject([{ deliveryId: id, generation: 2, event: { changes: '[1]' } }]);
    });

    test('it is never answered as done and then dropped', async () => {
      const seen = new Set<string>();
      for (let i = 0; i < 10; i++) {
        const id = await seedFailed(much ? OLD : daysAgo(200 + i));
        const [, retried] = await Promise.all([retention.round(), retryDelivery(retention.knex, id)]);
        seen.add(retried.kind);
        const claimed = await claim(id);
        expect(claimed).toMatchObject(retried.kind === 'due' ? [{ deliveryId: id, event: { changes: '[1]' } }] : []);
      }
      for (const kind of seen) expect(['due', 'unknown']).toContain(kind);
    });
  },
);

test('a retry that comes while a page deletes its delivery does not find it', async () => {
  await retention.seedMuch(OLD);
  const id = await seedFailed();
  const { knex, subscriptionId } = retention;
  await knex('dropped_deliveries').insert({ subscription_id: subscriptionId, finished: 0, failed: 0 });
  const holder = await knex.transaction();
  await holder('dropped_deliveries').where({ subscription_id: subscriptionId }).forUpdate();
  const running = retention.round();
  await retention.waitsForLock('INSERT INTO dropped_deliveries');
  const retried = retryDelivery(retention.patient, id);
  // PostgreSQL shows the first kilobyte of a statement.
  await retention.waitsForLock("SELECT CASE WHEN d.state = 'pending' AND NOT");
  await holder.commit();
  expect(await retried).toEqual({ kind: 'unknown' });
  await running;
  expect(await retention.totals()).toEqual({ finished: 1, failed: 1 });
});

test('a re-push that is copying what is past its retention keeps the event of each copy', async () => {
  await retention.seedMuch(OLD);
  const { db, knex } = retention;
  const subscriptionId = await retention.subscribe({ ordered: true });
  await retention.seed({ day: OLD, state: 'delivered', subscriptionId, laneNumber: 1 });
  const lane = await knex('lanes').where({ subscription_id: subscriptionId }).first('id');
  await knex('lanes').where({ id: lane.id }).update({ counter: 1 });
  await activateLanes(knex, steerOn(knex), { laneIds: [lane.id], since: new Date(OLD) });
  const held = await holdLane(db, { subscriptionId, topic: 'gs' });
  if (!held) throw new Error('the lane is not free');
  // The copy is made, and its transaction not yet over.
  await knex.raw(`
    CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$;
    CREATE TRIGGER wait_here BEFORE INSERT ON deliveries FOR EACH ROW WHEN (NEW.replay_of IS NOT NULL)
      EXECUTE FUNCTION wait_here()`);
  const holder = await knex.transaction();
  await holder.raw('SELECT pg_advisory_xact_lock(1)');
  const copying = makeCopies(db, held);
  await retention.waitsForLock('INSERT INTO deliveries');
  expect(await retention.round()).toMatchObject({ daysKept: [OLD] });
  await holder.commit();
  expect(await copying).toBe(false);
  expect(await retention.round()).toMatchObject({ daysKept: [OLD] });
  expect(await nextInLine(db, held, 0)).toMatchObject([{ number: 1, delivery: { event: { changes: '[1]' } } }]);
});
