import { recordOutcomes } from '../../../src/db/carrying/outcomes';
import { isLockTimeout } from '../../../src/db/violations';
import { type Carrying, outcomeOf, startCarrying, toAccept } from './carrying';

jest.setTimeout(30_000);

let carrying: Carrying;
beforeEach(async () => {
  carrying = await startCarrying();
});
afterEach(() => carrying.stop());

/** While nobody else can have the lanes of the subscription. */
async function whileLocked<T>(subscriptionId: string, use: () => Promise<T>): Promise<T> {
  const trx = await carrying.knex.transaction();
  try {
    await trx('lanes').where({ subscription_id: subscriptionId }).forUpdate();
    return await use();
  } finally {
    await trx.rollback();
  }
}

const refusal = (work: Promise<unknown>) => work.then(() => 'written', isLockTimeout);

test.each([
  ['alone', 1],
  ['in a group', 2],
])('an event %s gives up a locked lane when it is told to, and writes nothing', async (_how, count) => {
  const id = await carrying.subscribe({ ordered: true });
  const events = Array.from({ length: count }, () => toAccept());
  const accept = () => carrying.accept(events, { lockTimeoutMs: 1 });
  expect(await whileLocked(id, () => refusal(accept()))).toBe(true);
  expect(await carrying.knex('events')).toEqual([]);
  expect(await accept()).toHaveLength(count);
});

test('an event alone that goes behind a lane in use gives that up too', async () => {
  const id = await carrying.subscribe();
  await carrying.knex('lanes').update({ state: 'paused' });
  const accept = () => carrying.accept([toAccept()], { lockTimeoutMs: 1 });
  expect(await whileLocked(id, () => refusal(accept()))).toBe(true);
  expect(await accept()).toMatchObject([{ deliveries: [{ behindLane: true }] }]);
});

test('a key that another transaction is about to store is given up too', async () => {
  const event = toAccept({ idempotency: { key: 'k', bodyHash: Buffer.alloc(32) } });
  const [first] = await carrying.accept([event]);
  const row = await carrying.knex('idempotency_keys').first();
  await carrying.knex('idempotency_keys').delete();
  const trx = await carrying.knex.transaction();
  await trx('idempotency_keys').insert(row);
  expect(await refusal(carrying.accept([event], { lockTimeoutMs: 1 }))).toBe(true);
  await trx.commit();
  expect(await carrying.accept([event])).toMatchObject([
    { knownKey: { eventId: (first as { eventId: string }).eventId } },
  ]);
});

test('an outcome gives up a locked lane, and what the next statement on the connection waits for is as it was', async () => {
  const id = await carrying.subscribe();
  const { deliveryId } = await carrying.acceptOne();
  await carrying.knex('lanes').update({ state: 'running', awake: true });
  const failed = outcomeOf({ deliveryId, generation: 1, attempt: 1 }, 500);
  const record = () => recordOutcomes(carrying.db, [failed], { lockTimeoutMs: 1 });
  expect(await whileLocked(id, () => refusal(record()))).toBe(true);
  expect(await record()).toMatchObject([{ deliveryId, behindLane: true }]);
  const setting = { name: 'shows_lock_timeout', text: 'SHOW lock_timeout' };
  expect(await carrying.db.run(setting, [])).toEqual([{ lock_timeout: '6s' }]);
});

test('a group that may not be large is refused before anything of it is written, also of one event', async () => {
  for (let i = 0; i < 3; i++) await carrying.subscribe();
  const refused = await carrying.accept([toAccept()], { atMost: 2 }).catch((error: { code: string }) => error.code);
  expect(refused).toBe('22F01');
  expect(await carrying.knex('events')).toEqual([]);
  expect(await carrying.accept([toAccept()], { atMost: 3 })).toMatchObject([{ isUnfinished: false }]);
});
