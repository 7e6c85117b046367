import { acceptAlone } from '../../../src/db/carrying/acceptAlone';
import type { AcceptedEvent } from '../../../src/db/carrying/acceptance';
import { acceptGroup } from '../../../src/db/carrying/acceptGroup';
import { pauseSubscription, resumeSubscription } from '../../../src/db/carrying/pauseSubscription';
import { waitForBlocked } from '../../support/locks';
import { steerOn } from '../../support/steer';
import { type Carrying, startCarrying, toAccept } from './carrying';

jest.setTimeout(30_000);

let carrying: Carrying;
beforeEach(async () => {
  carrying = await startCarrying();
});
afterEach(() => carrying.stop());

const options = { attempting: true, maxAtOnce: 3 };
const alone = (event = toAccept()) => acceptAlone(carrying.db, event, options);
const pause = (id: string) => pauseSubscription(carrying.steer, id);
const keyed = () => toAccept({ idempotency: { key: 'k', bodyHash: Buffer.alloc(32) } });

/** Without what differs between any two events: ids, the event's key, moments. */
async function written(): Promise<unknown[]> {
  const { knex } = carrying;
  const rows = [
    await knex('events'),
    await knex('deliveries').orderBy('subscription_id'),
    await knex('lanes').orderBy('id'),
  ].flat();
  return rows.map(({ id, event_id, key, due_by, accepted_at, created_at, next_attempt_at, ...row }) => ({
    ...row,
    dueInS: due_by && Math.round((due_by - (created_at ?? Date.now())) / 1000),
    isDueAtOnce: next_attempt_at !== null,
  }));
}

async function unwritten(): Promise<void> {
  for (const table of ['deliveries', 'events']) await carrying.knex(table).delete();
  await carrying.knex('lanes').update({ awake: false, due_by: null });
}

/** Without ids, in one order. */
const comparable = ({ eventId, acceptedAt, deliveries, ...event }: AcceptedEvent) => ({
  ...event,
  deliveries: deliveries
    .map(({ deliveryId, ...delivery }) => delivery)
    .sort((a, b) => a.subscriptionId.localeCompare(b.subscriptionId)),
});

test.each([true, false])(
  'is written as in a group, paused subscriptions included; attempting: %s',
  async (attempting) => {
    await carrying.subscribe({ topics: ['gs', 'hs'] });
    await pause(await carrying.subscribe({ topics: ['gs', 'hs'] }));
    const selections = [
      { selector: 'topic:gs', topic: 'gs' },
      { selector: 'topic:hs', topic: 'the longer name' },
    ];
    const event = toAccept({ selections, changes: '["ä€😀"]', publisher: { tenantId: null, appId: null, keyId: 'k' } });
    const asOne = await acceptAlone(carrying.db, event, { attempting, maxAtOnce: 4 });
    const rows = await written();
    await unwritten();
    const [inGroup] = await acceptGroup(carrying.db, [event], { attempting, maxAtOnce: 4 });
    expect(await written()).toEqual(rows);
    expect(rows).toHaveLength(5);
    expect(asOne && comparable(asOne)).toEqual(comparable(inGroup as AcceptedEvent));
  },
);

test('nobody asked for is accepted all the same', async () => {
  expect(await alone()).toMatchObject({ deliveries: [], isUnfinished: false });
  expect(await carrying.knex('events')).toHaveLength(1);
});

test.each([
  ['an ordered lane', () => carrying.subscribe({ ordered: true })],
  ['a lane that awaits its history', () => carrying.subscribe({ ordered: true, historyRequired: true })],
  ['too many', () => Promise.all(Array.from({ length: 4 }, () => carrying.subscribe()))],
])('that meets %s is left to the statement for groups, unwritten, its key unclaimed', async (_what, meet) => {
  await pause(await carrying.subscribe());
  await meet();
  expect(await alone(keyed())).toBeNull();
  for (const table of ['events', 'deliveries', 'idempotency_keys']) {
    expect(await carrying.knex(table)).toHaveLength(0);
  }
  expect(await carrying.knex('lanes').where({ awake: true })).toHaveLength(0);
});

test('with a known key is left to it too', async () => {
  const id = await carrying.subscribe();
  expect(await alone(keyed())).not.toBeNull();
  await pause(id);
  expect(await alone(keyed())).toBeNull();
  expect(await carrying.knex('deliveries')).toHaveLength(1);
  expect(await carrying.knex('lanes').where({ awake: true })).toHaveLength(0);
});

test('with one key in ten transactions at once is one event', async () => {
  await carrying.subscribe();
  const event = keyed();
  const accepted = await Promise.all(Array.from({ length: 10 }, () => carrying.accept([event])));
  const ids = accepted.flat().map((one) => ('knownKey' in one ? one.knownKey.eventId : one.eventId));
  expect(new Set(ids).size).toBe(1);
  expect(await carrying.knex('deliveries')).toHaveLength(1);
});

test('a lane that sleeps is woken by one of ten at once', async () => {
  await pause(await carrying.subscribe());
  const accepted = await Promise.all(Array.from({ length: 10 }, () => alone()));
  const deliveries = accepted.flatMap((event) => event?.deliveries ?? []);
  expect(deliveries.filter(({ behindLane }) => behindLane)).toHaveLength(10);
  expect(deliveries.filter(({ wokeLane }) => wokeLane)).toHaveLength(1);
});

test('a lane that is given up while the event waits for its row has nothing put behind it', async () => {
  const id = await carrying.subscribe();
  await pause(id);
  const trx = await carrying.knex.transaction();
  let accepted: Promise<AcceptedEvent | null>;
  try {
    await trx('lanes').forUpdate().select('id');
    accepted = alone();
    await waitForBlocked(carrying.knex, 'WITH candidate');
    await resumeSubscription(steerOn(trx), id);
  } finally {
    await trx.commit();
  }
  expect(await accepted).toMatchObject({ deliveries: [{ behindLane: false, wokeLane: false }] });
  expect(await carrying.knex('deliveries').first()).toMatchObject({ attempt: 1, due_by: expect.any(Date) });
  expect(await carrying.knex('lanes').first()).toMatchObject({ state: 'idle', awake: false, due_by: null });
});
