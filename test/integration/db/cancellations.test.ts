import { randomUUID } from 'node:crypto';
import { cancelWithdrawn } from '../../../src/db/cancellations';
import { claimDeliveries } from '../../../src/db/carrying/claim';
import { holdLane } from '../../../src/db/carrying/holdLane';
import { makeCopies } from '../../../src/db/carrying/replays';
import { retryDelivery } from '../../../src/db/carrying/steer';
import { activateLanes } from '../../../src/db/carrying/steerLanes';
import { selectDeliveries } from '../../../src/db/deliveryRows';
import { deleteGrant, insertGrant } from '../../../src/db/grants';
import { retain } from '../../../src/db/retention/retain';
import { deleteGrantSelectors, insertGrantSelectors } from '../../../src/db/selectors';
import { sweepCancellations } from '../../../src/db/sweeping/sweepCancellations';
import { writeDeletion } from '../../../src/services/subscriptions/writes';
import { type Carrying, startCarrying } from './carrying';

jest.setTimeout(60_000);

const SHOP = { tenantId: 'acme', appId: 'shop' };

let carrying: Carrying;
beforeEach(async () => {
  carrying = await startCarrying();
});
afterEach(() => carrying.stop());

const accept = (topic = 'gs', tenantId = 'acme') => carrying.acceptOne({ topic, tenantId }, { attempting: false });
const isClaimed = async (deliveryId: string) =>
  (await claimDeliveries(carrying.db, { wanted: [{ deliveryId, generation: 1 }], early: true })).length === 1;
const stateOf = async (deliveryId: string) => {
  const { rows } = await carrying.knex.raw(`${selectDeliveries('deliveries d')} WHERE d.id = ?`, [deliveryId]);
  const { state, reason } = rows[0];
  return [state, reason];
};
const open = async () => [
  ...(await carrying.knex('subscription_cancellations')),
  ...(await carrying.knex('grant_cancellations')),
];
/** As if so long had passed since the last change. */
const age = async (interval: string) => {
  for (const table of ['subscription_cancellations', 'grant_cancellations']) {
    await carrying.knex.raw(
      `UPDATE ${table} SET at = at - interval '${interval}', pass_at = pass_at - interval '${interval}'`,
    );
  }
};
const sweep = () => sweepCancellations(carrying.knex, () => true);

/** An accept that commits while the change is not committed, and so cannot have seen it; its clock is past the change's. */
async function acceptedDuring<T>(change: (trx: Parameters<typeof writeDeletion>[0]) => Promise<T>, tenantId = 'acme') {
  return carrying.knex.transaction(async (trx) => {
    await change(trx);
    return accept('gs', tenantId);
  });
}

const makeGrant = () =>
  carrying.knex.transaction(async (trx) => {
    await insertGrant(trx, SHOP, 'rival');
    await insertGrantSelectors(trx, SHOP, 'rival');
  });
const withdraw = async (trx: Parameters<typeof writeDeletion>[0]) => {
  await deleteGrant(trx, SHOP, 'rival');
  await deleteGrantSelectors(trx, SHOP, 'rival');
  await cancelWithdrawn(trx, SHOP, 'rival');
};

describe('a topic that is taken out', () => {
  test('cancels what was accepted before, and what was committed without having seen it', async () => {
    const subscriptionId = await carrying.subscribe({ topics: ['gs', 'hs'] });
    const before = await accept();
    const stays = await accept('hs');
    const { deliveryId } = await carrying.knex.transaction(async (trx) => {
      await carrying.changeTopics(subscriptionId, ['hs'], trx);
      return accept();
    });
    for (const id of [before.deliveryId, deliveryId]) {
      expect(await isClaimed(id)).toBe(false);
      expect(await stateOf(id)).toEqual(['cancelled', 'topic_dropped']);
    }
    expect(await isClaimed(stays.deliveryId)).toBe(true);
    await sweep();
    expect(await carrying.row(deliveryId)).toMatchObject({ state: 'cancelled', reason: 'topic_dropped', due_by: null });
    expect(await carrying.row(stays.deliveryId)).toMatchObject({ state: 'pending' });
  });

  test('and added again has only what is accepted since then', async () => {
    const subscriptionId = await carrying.subscribe({ topics: ['gs'] });
    const before = await accept();
    await carrying.changeTopics(subscriptionId, ['hs']);
    await carrying.changeTopics(subscriptionId, ['gs']);
    const after = await accept();
    expect(await isClaimed(before.deliveryId)).toBe(false);
    expect(await isClaimed(after.deliveryId)).toBe(true);
    await sweep();
    expect(await carrying.row(before.deliveryId)).toMatchObject({ state: 'cancelled' });
    expect(await carrying.row(after.deliveryId)).toMatchObject({ state: 'pending' });
  });

  test('is one row, however often the topics change, and no larger than they are', async () => {
    const subscriptionId = await carrying.subscribe({ topics: ['gs'] });
    for (let round = 0; round < 20; round++) {
      await carrying.changeTopics(subscriptionId, [`a${round}`, `b${round}`]);
    }
    const rows = await open();
    expect(rows).toHaveLength(1);
    expect(Object.keys(rows[0].readded).sort()).toEqual(['a19', 'b19']);
  });

  test('is not written where nothing is taken out', async () => {
    const subscriptionId = await carrying.subscribe({ topics: ['gs'] });
    await carrying.changeTopics(subscriptionId, ['gs', 'hs']);
    await carrying.changeTopics(subscriptionId, ['gs', 'hs']);
    expect(await open()).toEqual([]);
  });
});

describe('a grant that is withdrawn', () => {
  test('cancels what was committed without having seen it, with one row for the app', async () => {
    await carrying.subscribe();
    await carrying.subscribe({ topics: ['hs'] });
    await makeGrant();
    const before = await accept('gs', 'rival');
    const during = await acceptedDuring(withdraw, 'rival');
    const own = await accept();
    expect(await open()).toHaveLength(1);
    for (const { deliveryId } of [before, during]) {
      expect(await isClaimed(deliveryId)).toBe(false);
      expect(await stateOf(deliveryId)).toEqual(['cancelled', 'grant_withdrawn']);
    }
    expect(await isClaimed(own.deliveryId)).toBe(true);
    await sweep();
    expect(await carrying.row(during.deliveryId)).toMatchObject({ state: 'cancelled', reason: 'grant_withdrawn' });
  });

  test('and made again has only what is accepted since then', async () => {
    await carrying.subscribe();
    await makeGrant();
    const before = await accept('gs', 'rival');
    await carrying.knex.transaction(withdraw);
    await makeGrant();
    const after = await accept('gs', 'rival');
    expect(await isClaimed(before.deliveryId)).toBe(false);
    expect(await isClaimed(after.deliveryId)).toBe(true);
    await sweep();
    expect(await carrying.row(after.deliveryId)).toMatchObject({ state: 'pending' });
  });
});

test('what a tenant has withdrawn is neither retried nor pushed again', async () => {
  const { knex, db } = carrying;
  await carrying.subscribe();
  const ordered = await carrying.subscribe({ topics: ['hs'], ordered: true });
  await makeGrant();
  const failed = await accept('gs', 'rival');
  await knex('deliveries').update({ state: 'failed' });
  const pushed = [await accept('hs', 'rival'), await accept('hs')];
  await knex('deliveries').where({ subscription_id: ordered }).update({ state: 'delivered' });
  await knex.transaction(withdraw);
  expect(await retryDelivery(knex, failed.deliveryId)).toEqual({ kind: 'refused', because: 'grant_withdrawn' });

  const lane = await knex('lanes').where({ subscription_id: ordered }).first();
  const since = new Date(Date.now() - 3_600_000);
  expect(await activateLanes(knex, { laneIds: [lane.id], since })).toHaveLength(1);
  const hold = await holdLane(db, { subscriptionId: ordered, topic: 'hs' });
  if (!hold) throw new Error('the lane is not held');
  await makeCopies(db, hold);
  const copies = await knex('deliveries').whereNotNull('replay_of').select('replay_of');
  expect(copies).toEqual([{ replay_of: pushed[1]?.deliveryId }]);
});

describe('a deletion', () => {
  test('cancels what was committed without having seen it', async () => {
    const subscriptionId = await carrying.subscribe();
    const { deliveryId } = await acceptedDuring((trx) => writeDeletion(trx, subscriptionId));
    expect(await isClaimed(deliveryId)).toBe(false);
    expect(await stateOf(deliveryId)).toEqual(['cancelled', 'subscription_deleted']);
    await sweep();
    expect(await carrying.row(deliveryId)).toMatchObject({ state: 'cancelled', reason: 'subscription_deleted' });
  });
});

describe('a sweep', () => {
  test('closes a cancellation once no statement can be under way that had not seen it', async () => {
    const subscriptionId = await carrying.subscribe();
    await makeGrant();
    await carrying.knex.transaction(withdraw);
    await carrying.knex.transaction((trx) => writeDeletion(trx, subscriptionId));
    expect(await sweep()).toBe(false);
    expect(await open()).toHaveLength(2);
    await age('19 s');
    await sweep();
    expect(await open()).toHaveLength(2);
    await age('2 s');
    expect(await sweep()).toBe(false);
    expect(await open()).toEqual([]);
  });

  test('goes on where it ended, finds what was committed late, and closes only then', async () => {
    const subscriptionId = await carrying.subscribe({ topics: ['gs', 'hs'] });
    await accept();
    await copyDelivery(2500);
    await accept('hs');
    await carrying.changeTopics(subscriptionId, ['hs']);
    expect(await sweepCancellations(carrying.knex, () => false)).toBe(true);
    const counted = async () =>
      Number((await carrying.knex('deliveries').where({ state: 'cancelled' }).count())[0]?.count);
    expect(await counted()).toBe(1000);
    expect(await sweep()).toBe(false);
    expect(await counted()).toBe(2501);
    // Committed behind the sweep's back.
    await copyDelivery(1);
    await age('25 s');
    await sweep();
    expect(await counted()).toBe(2502);
    expect(await open()).toEqual([]);
  });

  test('looks at every open cancellation in one statement, and tenants take turns', async () => {
    const mine = await carrying.subscribe({ tenantId: 'rival' });
    for (let n = 0; n < 60; n++) {
      await carrying.knex('subscription_cancellations').insert({ subscription_id: randomUUID(), tenant_id: 'acme' });
    }
    const { deliveryId } = await accept('gs', 'rival');
    await carrying.changeTopics(mine, ['hs']);
    await sweepCancellations(carrying.knex, () => false);
    expect(await carrying.row(deliveryId)).toMatchObject({ state: 'cancelled' });
    expect(await carrying.knex('subscription_cancellations').whereNotNull('pass_at')).toHaveLength(20);
  });
});

test('what the release before cancels is cancelled here too', async () => {
  const subscriptionId = await carrying.subscribe({ topics: ['gs', 'hs'] });
  const { deliveryId } = await accept();
  await carrying
    .knex('subscriptions')
    .where({ id: subscriptionId })
    .update({ topics: ['hs'] });
  await carrying.knex('cancellations').insert(
    ['gs', 'x'].map((topic) => ({
      id: randomUUID(),
      subscription_id: subscriptionId,
      topic,
      reason: 'topic_dropped',
    })),
  );
  expect(await isClaimed(deliveryId)).toBe(false);
  expect(await open()).toHaveLength(1);
  await carrying.knex('cancellations').update({ at: carrying.knex.raw("now() - interval '2 days'") });
  await retain(carrying.knex, { retentionDays: 30 });
  expect(await carrying.knex('cancellations')).toEqual([]);
});

/** Pending deliveries like the first one of topic gs, with ids before any other's. */
async function copyDelivery(count: number): Promise<void> {
  await carrying.knex.raw(
    `INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state, created_at)
     SELECT uuid_v7_at(1000), day, gen_random_uuid(), event_tenant_id, subscription_id, tenant_id, app_id, topic, 'pending', created_at
     FROM (SELECT * FROM deliveries WHERE topic = 'gs' ORDER BY id LIMIT 1) d, generate_series(1, ?)`,
    [count],
  );
}
