import type { AcceptedEvent } from '../../../src/db/carrying/acceptance';
import { findUnfinishedEvents } from '../../../src/db/carrying/fanOut';
import { writeTargetPages } from '../../../src/db/carrying/fanOutTargets';
import { isAnythingOverdue } from '../../../src/db/carrying/overdue';
import { insertGrantSelectors } from '../../../src/db/selectors';
import { selectionsOf } from '../../../src/domain/selectors';
import { waitForBlocked } from '../../support/locks';
import { type Carrying, startCarrying, toAccept } from './carrying';

jest.setTimeout(60_000);

let carrying: Carrying;
let subscriptionId: string;
beforeEach(async () => {
  carrying = await startCarrying();
  subscriptionId = await carrying.subscribe();
  await carrying.knex('subscriptions').update({ interface: 'portal' });
  await carrying.knex('subscription_selectors').update({ selector: 'portal' });
});
afterEach(() => carrying.stop());

/** So many targets `t1`, `t2`, …, each chosen by one user and the last one by 501. */
async function choose(targets: number): Promise<void> {
  await carrying.knex.raw(
    `INSERT INTO portal_subscriptions (tenant_id, uuid, app_id, subject, target_type, action, target_id)
     SELECT 'acme', gen_random_uuid(), 'shop', 'user' || u, 7, 'like', 't' || t
     FROM generate_series(1, ?::int) t, generate_series(1, CASE WHEN t = ? THEN 501 ELSE 1 END) u`,
    [targets, targets],
  );
}

async function accept(targets: number) {
  const changes = JSON.stringify(Array.from({ length: targets }, (_, i) => `t${i + 1}`));
  const address = { topic: '7', type: 'like', changes };
  const selections = selectionsOf(address);
  const [accepted] = await carrying.accept([toAccept({ ...address, selections })]);
  const { eventId, deliveries, isUnfinished } = accepted as AcceptedEvent;
  return {
    eventId,
    isUnfinished,
    first: deliveries.length,
    next: () => writeTargetPages(carrying.db, { eventId, selections }),
    async told() {
      const rows = await carrying.knex('deliveries').where({ event_id: eventId }).orderBy('page_number');
      expect(rows.map(({ page_number }) => page_number)).toEqual(rows.map((_, i) => i + 1));
      return rows.map(({ page }) => `${page.targetId} ${page.recipients.length}`).sort();
    },
  };
}

const pagesOf = (targets: number) => {
  const single = Array.from({ length: targets - 1 }, (_, i) => `t${i + 1} 1`);
  return [...single, `t${targets} 500`, `t${targets} 1`].sort();
};

test.each([
  [200, []],
  [201, [2]],
  [450, [200, 51]],
])('%i targets: with the event what fits, then %j', async (targets, pages) => {
  await choose(targets);
  const large = await accept(targets);
  expect(large.isUnfinished).toBe(targets > 200);
  expect(large.first).toBe(targets > 200 ? 200 : targets + 1);
  const unfinished = [{ eventId: large.eventId, tenantId: 'acme', topic: '7' }];
  expect(await findUnfinishedEvents(carrying.knex, 10)).toEqual(targets > 200 ? unfinished : []);
  expect(await isAnythingOverdue(carrying.db)).toBe(targets > 200);
  const written: number[] = [];
  for (let isComplete = targets <= 200; !isComplete; ) {
    const next = await large.next();
    written.push(next.deliveries.length);
    isComplete = next.isComplete;
  }
  expect(written).toEqual(pages);
  expect(await large.told()).toEqual(pagesOf(targets));
  expect(await findUnfinishedEvents(carrying.knex, 10)).toEqual([]);
  expect(await large.next()).toEqual({ deliveries: [], isComplete: true });
});

test('two that write at once write every page once, whoever is first', async () => {
  await choose(600);
  const large = await accept(600);
  const trx = await carrying.knex.transaction();
  await trx('events').where({ id: large.eventId }).forUpdate();
  const both = Promise.all([large.next(), large.next()]);
  await waitForBlocked(carrying.knex, 'fan_out_targets', { count: 2 });
  await trx.commit();
  const written = (await both).flatMap(({ deliveries }) => deliveries);
  expect(written).toHaveLength(200);
  expect(await large.next()).toMatchObject({ isComplete: true });
  expect(await large.told()).toEqual(pagesOf(600));
});

test('who chose a target, and whose app was granted the events, after the acceptance is not told', async () => {
  await choose(300);
  await carrying.knex('portal_subscriptions').where({ target_id: 't300' }).delete();
  const large = await accept(300);
  await carrying.knex('events').update({ accepted_at: carrying.knex.raw("accepted_at - interval '1 s'") });
  const aMinuteAgo = carrying.knex.raw("now() - interval '1 minute'");
  await carrying.knex('portal_subscriptions').update({ created_at: aMinuteAgo });
  await carrying.knex('subscription_selectors').update({ since: aMinuteAgo });
  await choose(300);
  const foreign = await carrying.subscribe({ tenantId: 'rival' });
  await carrying.knex('subscription_selectors').where({ subscription_id: foreign }).update({ selector: 'portal' });
  await carrying.knex.transaction((trx) => insertGrantSelectors(trx, { tenantId: 'rival', appId: 'shop' }, 'acme'));
  expect(await large.next()).toMatchObject({ isComplete: true });
  expect(await large.told()).toEqual(pagesOf(300).filter((page) => !page.startsWith('t300 ')));
  expect(await carrying.knex('deliveries').distinct('subscription_id')).toEqual([{ subscription_id: subscriptionId }]);
});

test('an event that names many targets of nobody is finished at once', async () => {
  await carrying.knex('subscription_selectors').delete();
  expect(await accept(450)).toMatchObject({ isUnfinished: false, first: 0 });
});

test('events whose pages are more than a group may write are refused together, and accepted alone', async () => {
  await choose(200);
  const address = {
    topic: '7',
    type: 'like',
    changes: JSON.stringify(Array.from({ length: 200 }, (_, i) => `t${i + 1}`)),
  };
  const event = () => toAccept({ ...address, selections: selectionsOf(address) });
  const refused = await carrying
    .accept([event(), event()], { maxAtOnce: 300 })
    .catch(({ code }: { code: string }) => code);
  expect(refused).toBe('22F01');
  expect(await carrying.accept([event()], { maxAtOnce: 300 })).toMatchObject([{ isUnfinished: false }]);
});
