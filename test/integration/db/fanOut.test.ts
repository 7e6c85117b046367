import type { AcceptedEvent, EventToAccept } from '../../../src/db/carrying/acceptance';
import { findUnfinishedEvents, writeFanOutPage } from '../../../src/db/carrying/fanOut';
import { isAnythingOverdue } from '../../../src/db/carrying/overdue';
import { pauseSubscription } from '../../../src/db/carrying/pauseSubscription';
import { insertGrantSelectors } from '../../../src/db/selectors';
import { isContentError, isLargeFanOut } from '../../../src/db/violations';
import { writeChange } from '../../../src/services/subscriptions/writes';
import { type Carrying, startCarrying, toAccept } from './carrying';

jest.setTimeout(60_000);

const AT_ONCE = 10;
const PAGE = 7;

let carrying: Carrying;
beforeEach(async () => {
  carrying = await startCarrying();
});
afterEach(() => carrying.stop());

/** @returns their ids, ascending. */
async function subscribeMany(count: number, settings: Parameters<Carrying['subscribe']>[0] = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await carrying.subscribe(settings));
  return ids.sort();
}

async function acceptLarge(event: EventToAccept = toAccept()) {
  const [accepted] = await carrying.accept([event], { maxAtOnce: AT_ONCE });
  const { eventId, deliveries, isUnfinished } = accepted as AcceptedEvent;
  return {
    eventId,
    deliveries,
    isUnfinished,
    nextPage: () => writeFanOutPage(carrying.db, { eventId, selections: event.selections, limit: PAGE }),
    written: async () =>
      (await carrying.knex('deliveries').where({ event_id: eventId }).pluck('subscription_id')).sort() as string[],
    async after() {
      return (await carrying.knex('events').where({ id: eventId }).first('fan_out_after')).fan_out_after as string;
    },
  };
}

type Large = Awaited<ReturnType<typeof acceptLarge>>;

async function finish({ nextPage }: Large): Promise<number[]> {
  const sizes: number[] = [];
  for (let isComplete = false; !isComplete; ) {
    const page = await nextPage();
    sizes.push(page.deliveries.length);
    isComplete = page.isComplete;
  }
  return sizes;
}

test('what fits is written at once, the rest page by page: one delivery per match', async () => {
  const ids = await subscribeMany(30);
  await subscribeMany(3, { topics: ['hs'] });
  await subscribeMany(3, { tenantId: 'rival' });
  const large = await acceptLarge();
  expect(large.isUnfinished).toBe(true);
  expect(await large.written()).toEqual(ids.slice(0, AT_ONCE));
  expect(await large.after()).toBe(ids[AT_ONCE - 1]);
  expect(await findUnfinishedEvents(carrying.knex, 10)).toEqual([
    { eventId: large.eventId, tenantId: 'acme', topic: 'gs' },
  ]);
  expect(await isAnythingOverdue(carrying.db)).toBe(true);

  expect(await finish(large)).toEqual([7, 7, 6]);
  expect(await large.written()).toEqual(ids);
  expect(await large.after()).toBeNull();
  expect(await findUnfinishedEvents(carrying.knex, 10)).toEqual([]);
  expect(await isAnythingOverdue(carrying.db)).toBe(false);
  expect(await large.nextPage()).toEqual({ deliveries: [], isComplete: true });
});

test.each([
  [AT_ONCE, false],
  [AT_ONCE + 1, true],
])('%i matches: unfinished %s', async (count, isUnfinished) => {
  const ids = await subscribeMany(count);
  const large = await acceptLarge();
  expect(large.isUnfinished).toBe(isUnfinished);
  if (isUnfinished) await finish(large);
  expect(await large.written()).toEqual(ids);
});

test('a page is due at once, for whoever claims it, and of the event in everything', async () => {
  await subscribeMany(AT_ONCE + 2);
  const large = await acceptLarge();
  const { deliveries } = await large.nextPage();
  const [first] = large.deliveries;
  const event = await carrying.knex('events').where({ id: large.eventId }).first();
  const { attempt, ...atOnce } = await carrying.row(first?.deliveryId ?? '');
  expect(attempt).toBe(1);
  for (const { deliveryId, subscriptionId, ...delivery } of deliveries) {
    expect(delivery).toMatchObject({ topic: 'gs', behindLane: false, wokeLane: false, subscriptionVersion: 1 });
    expect(await carrying.row(deliveryId)).toEqual({
      ...atOnce,
      id: deliveryId,
      subscription_id: subscriptionId,
      attempt: 0,
      next_attempt_at: event.accepted_at,
      created_at: event.accepted_at,
      due_by: expect.any(Date),
    });
  }
});

test('a group in which something matches too many is refused as a whole, as for its content', async () => {
  await subscribeMany(AT_ONCE + 1);
  const error = await carrying
    .accept([toAccept({ topic: 'hs', selections: [] }), toAccept()], { maxAtOnce: AT_ONCE })
    .catch((e: unknown) => e);
  expect([isLargeFanOut(error), isContentError(error)]).toEqual([true, true]);
  expect(await carrying.knex('events')).toHaveLength(0);
});

test('a subscription that matches by several names counts once', async () => {
  const ids = await subscribeMany(AT_ONCE, { topics: ['gs', 'hs'] });
  const selections = ['gs', 'hs'].map((topic) => ({ selector: `topic:${topic}`, topic }));
  const fits = await acceptLarge(toAccept({ selections }));
  expect([fits.isUnfinished, await fits.written()]).toEqual([false, ids]);

  const more = await subscribeMany(AT_ONCE + 1, { topics: ['gs', 'hs'] });
  const large = await acceptLarge(toAccept({ selections }));
  expect(await finish(large)).toEqual([PAGE, 4]);
  expect(await large.written()).toEqual([...ids, ...more].sort());
});

test('ordered ones are written with the event, whatever their ids, and numbered in order of acceptance', async () => {
  await subscribeMany(AT_ONCE + 1);
  const ordered = await subscribeMany(AT_ONCE + 2, { ordered: true });
  await subscribeMany(AT_ONCE);
  const events = [await acceptLarge(), await acceptLarge(), await acceptLarge()];
  for (const [i, large] of events.entries()) {
    expect(large.deliveries.filter((d) => d.ordered).map((d) => d.subscriptionId)).toEqual(ordered);
    expect(large.deliveries).toHaveLength(AT_ONCE + ordered.length);
    const numbers = await carrying
      .knex('deliveries')
      .where({ event_id: large.eventId })
      .whereNotNull('lane_number')
      .pluck('lane_number');
    expect(numbers.map(Number)).toEqual(ordered.map(() => i + 1));
  }
  for (const large of events) {
    expect(await finish(large)).toEqual([7, 4]);
    expect(new Set(await large.written()).size).toBe(AT_ONCE + 1 + ordered.length + AT_ONCE);
  }
});

test('pages at once follow one another, and one that is rolled back is written again', async () => {
  const ids = await subscribeMany(30);
  const large = await acceptLarge();
  const after = await large.after();
  const pages = await Promise.all([large.nextPage(), large.nextPage(), large.nextPage(), large.nextPage()]);
  expect(pages.map(({ deliveries }) => deliveries.length).sort()).toEqual([0, 6, 7, 7]);
  expect(await large.written()).toEqual(ids);

  // As if the moved mark had been lost, the rows not: what is there is left as it is.
  await carrying.knex('events').where({ id: large.eventId }).update({ fan_out_after: after });
  expect(await finish(large)).toEqual([0, 0, 0]);
  expect(await large.written()).toEqual(ids);
});

test('a subscription of later is not of this event; one that is deleted gets nothing more', async () => {
  const ids = await subscribeMany(20);
  const large = await acceptLarge();
  await carrying.knex.raw('SELECT pg_sleep(0.01)');
  await subscribeMany(5);
  const last = ids.pop() ?? '';
  await carrying.knex('subscription_selectors').where({ subscription_id: last }).delete();
  await finish(large);
  expect(await large.written()).toEqual(ids);
});

test('behind a lane in use it waits, and the lane is told once', async () => {
  const ids = await subscribeMany(AT_ONCE + 3);
  const large = await acceptLarge();
  const paused = ids[AT_ONCE + 1] ?? '';
  await pauseSubscription(carrying.steer, paused);
  const { deliveries } = await large.nextPage();
  expect(deliveries.filter((d) => d.behindLane)).toMatchObject([{ subscriptionId: paused, wokeLane: true }]);
  expect(await carrying.knex('deliveries').where({ subscription_id: paused }).first()).toMatchObject({
    due_by: null,
    next_attempt_at: null,
    attempt: 0,
  });
});

test('a known key finds the event, also while it is unfinished', async () => {
  await subscribeMany(AT_ONCE + 1);
  const keyed = () => toAccept({ idempotency: { key: 'k', bodyHash: Buffer.alloc(32, 1) } });
  const { eventId } = await acceptLarge(keyed());
  const [again] = await carrying.accept([keyed()], { maxAtOnce: AT_ONCE });
  expect(again).toMatchObject({ knownKey: { eventId } });
  expect(await carrying.knex('events')).toHaveLength(1);
});

test('what is decided page by page is fanned out with the rest', async () => {
  await subscribeMany(AT_ONCE);
  const portal = await carrying.subscribe();
  const more = await carrying.subscribe();
  await carrying.knex('subscriptions').where({ id: portal }).update({ interface: 'portal' });
  await carrying.knex('subscription_selectors').where({ subscription_id: portal }).update({ selector: 'portal' });
  await carrying.knex('keys').insert({
    ...{ id: 'k', tenant_id: 'acme', app_id: 'shop', subject: 'ann', roles: ['subscriber'] },
    secret_hash: Buffer.alloc(32),
  });
  const chosen = { tenant_id: 'acme', app_id: 'shop', subject: 'ann', target_type: 7, action: 'cert' };
  const targets = ['a', 'b'];
  await carrying
    .knex('portal_subscriptions')
    .insert(targets.map((target_id) => ({ ...chosen, uuid: target_id, target_id })));
  const selections = [
    { selector: 'topic:gs', topic: 'gs' },
    { selector: 'portal', topic: '7', targets },
  ];
  const large = await acceptLarge(toAccept({ selections }));
  expect((await large.nextPage()).deliveries.map((d) => d.subscriptionId).sort()).toEqual(
    [portal, portal, more].sort(),
  );
  const pages = await carrying.knex('deliveries').where({ subscription_id: portal }).orderBy('page_number');
  expect(pages.map(({ page_number, page }) => [page_number, page.targetId])).toEqual([
    [1, 'a'],
    [2, 'b'],
  ]);
});

test('a grant that is made while the fan-out is under way reaches no event from before it', async () => {
  const ids = await subscribeMany(20);
  const foreign = await carrying.subscribe({ tenantId: 'rival' });
  const large = await acceptLarge();
  await past(large);
  await carrying.knex.transaction((trx) => insertGrantSelectors(trx, { tenantId: 'rival', appId: 'shop' }, 'acme'));
  await finish(large);
  expect(await large.written()).toEqual(ids);
  const later = await acceptLarge();
  await finish(later);
  expect(await later.written()).toEqual([...ids, foreign].sort());
});

test('a topic that is added meanwhile reaches no event from before it; one that stays is not missed', async () => {
  const ids = await subscribeMany(15);
  const adding = await carrying.subscribe({ topics: ['hs'] });
  const staying = await carrying.subscribe({ topics: ['gs', 'hs'] });
  const large = await acceptLarge();
  await past(large);
  for (const id of [adding, staying]) {
    await carrying.steer((trx) => writeChange(trx, { id, topics: ['gs', 'more'].map((topic) => ({ topic })) }));
  }
  await finish(large);
  expect(await large.written()).toEqual([...ids, staying].sort());
});

test('what was selected before this column was there counts from its subscription on', async () => {
  const ids = await subscribeMany(15);
  const large = await acceptLarge();
  await past(large);
  const late = await carrying.subscribe();
  await carrying.knex('subscription_selectors').update({ since: null });
  await finish(large);
  expect(await large.written()).toEqual(ids);
  expect(ids).not.toContain(late);
});

/** Moments of acceptance are cut to the millisecond, so what follows within it would count. */
async function past({ eventId }: Large): Promise<void> {
  await carrying
    .knex('events')
    .where({ id: eventId })
    .update({ accepted_at: carrying.knex.raw("accepted_at - interval '5 ms'") });
}
