import { claimBehindLane } from '../../../src/db/carrying/claimBehindLane';
import { divertToLane, relieveWorkflows } from '../../../src/db/carrying/lanes';
import { recordOutcomes } from '../../../src/db/carrying/outcomes';
import { restLane } from '../../../src/db/carrying/restLane';
import { type Carrying, outcomeOf, startCarrying } from './carrying';

jest.setTimeout(30_000);

let carrying: Carrying;
let subscriptionId: string;
beforeEach(async () => {
  carrying = await startCarrying();
  subscriptionId = await carrying.subscribe();
});
afterEach(() => carrying.stop());

const first = (deliveryId: string) => ({ deliveryId, generation: 1, attempt: 1 });
const lane = () => carrying.knex('lanes').where({ subscription_id: subscriptionId, topic: '' }).first();
const setLane = (change: object) => carrying.knex('lanes').where({ subscription_id: subscriptionId }).update(change);

test('what fails behind a lane that sleeps wakes it in the same transaction; one of them tells its workflow', async () => {
  const ids = [];
  for (let i = 0; i < 3; i++) ids.push((await carrying.acceptOne()).deliveryId);
  await setLane({ state: 'running', awake: false });
  const settled = await recordOutcomes(
    carrying.db,
    ids.map((id) => outcomeOf(first(id), 500)),
  );
  expect(settled.every(({ behindLane }) => behindLane)).toBe(true);
  expect(settled.filter(({ wokeLane }) => wokeLane)).toHaveLength(1);
  expect(await lane()).toMatchObject({ awake: true, due_by: expect.any(Date) });
});

test('a lane that is awake is told nothing, one that is not in use has nothing put behind it', async () => {
  const { deliveryId } = await carrying.acceptOne();
  const other = await carrying.acceptOne();
  await setLane({ state: 'sick', awake: true });
  const behind = await recordOutcomes(carrying.db, [outcomeOf(first(deliveryId), 500)]);
  expect(behind).toMatchObject([{ behindLane: true, wokeLane: false }]);
  await setLane({ state: 'idle', awake: false });
  const alone = await recordOutcomes(carrying.db, [outcomeOf(first(other.deliveryId), 500)]);
  expect(alone).toMatchObject([{ behindLane: false, wokeLane: false }]);
  expect(await lane()).toMatchObject({ state: 'idle', awake: false });
});

test('acknowledgements and failures in one group: only what failed is behind the lane', async () => {
  const good = await carrying.acceptOne();
  const bad = await carrying.acceptOne();
  await setLane({ state: 'running', awake: false });
  const settled = await recordOutcomes(carrying.db, [
    outcomeOf(first(good.deliveryId), 200),
    outcomeOf(first(bad.deliveryId), 503),
  ]);
  expect(settled).toContainEqual(expect.objectContaining({ deliveryId: bad.deliveryId, behindLane: true }));
  expect(await carrying.row(good.deliveryId)).toMatchObject({ state: 'delivered', due_by: null });
});

test('a group that only delivers waits for no lane', async () => {
  const { deliveryId } = await carrying.acceptOne();
  await setLane({ state: 'running' });
  const trx = await carrying.knex.transaction();
  try {
    await trx('lanes').forUpdate().select('id');
    expect(await recordOutcomes(carrying.db, [outcomeOf(first(deliveryId), 200)])).toMatchObject([
      { state: 'delivered', wokeLane: false },
    ]);
  } finally {
    await trx.rollback();
  }
});

test('what was not sent goes behind its lane, which is woken once, whatever keeps it', async () => {
  const accepted = [await carrying.acceptOne(), await carrying.acceptOne()];
  const toDivert = accepted.map(({ deliveryId }) => ({ ...first(deliveryId), failures: 0 }));
  const divert = (i: number) =>
    divertToLane(carrying.db, { subscriptionId, deliveries: toDivert.slice(i, i + 1) as never[] });
  expect(await divert(0)).toBe(true);
  expect(await lane()).toMatchObject({ state: 'running', reason: 'backlog', awake: true });
  expect(await divert(1)).toBe(false);
  for (const { deliveryId } of accepted) {
    expect(await carrying.row(deliveryId)).toMatchObject({ due_by: null, attempt: 0 });
  }
});

test('a lane is claimed from only as it stands: running, sick, or not at all', async () => {
  await setLane({ state: 'running', awake: true });
  const { deliveryId } = await carrying.acceptOne();
  const claim = (laneState: 'running' | 'sick') =>
    claimBehindLane(carrying.db, { subscriptionId, limit: 10, laneState });
  for (const state of ['paused', 'sick', 'idle']) {
    await setLane({ state });
    expect(await claim('running')).toEqual([]);
  }
  expect(await claim('sick')).toEqual([]);
  await setLane({ state: 'sick' });
  const claims = await Promise.all(Array.from({ length: 10 }, () => claim('sick')));
  expect(claims.flat()).toMatchObject([{ deliveryId, attempt: 1, generation: 2 }]);
});

test('a lane does not fall asleep over what fails while it is put to rest', async () => {
  for (let round = 0; round < 20; round++) {
    const { deliveryId } = await carrying.acceptOne();
    await setLane({ state: 'running', awake: true });
    const [settled, rest] = await Promise.all([
      recordOutcomes(carrying.db, [outcomeOf(first(deliveryId), 500)]),
      restLane(carrying.db, { subscriptionId, as: 'running' }),
    ]);
    const { state } = await lane();
    const row = await carrying.row(deliveryId);
    expect(rest.kind).toBe('asleep');
    // Either it was seen and given a workflow of its own, or it went behind the lane and nobody forgot it there.
    const isReleased = rest.kind === 'asleep' && rest.released.some((one) => one.deliveryId === deliveryId);
    expect({ state, isBehind: row.due_by === null, isCarried: isReleased || !settled[0]?.behindLane }).toEqual({
      state: 'idle',
      isBehind: false,
      isCarried: true,
    });
    await carrying.knex('deliveries').delete();
  }
});

test('a lane comes into use at a thousand deliveries with workflows of their own, and stays so until they are half', async () => {
  const { knex, db } = carrying;
  const { deliveryId } = await carrying.acceptOne();
  await recordOutcomes(db, [outcomeOf(first(deliveryId), 400)]);
  const addOwn = (count: number) =>
    knex.raw(
      `INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                               attempt, failures, next_attempt_at, due_by, created_at)
       SELECT uuid_v7_at(0), day, gen_random_uuid(), event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
              attempt, failures, next_attempt_at, due_by, created_at
       FROM deliveries, generate_series(1, ?) WHERE id = ?`,
      [count, deliveryId],
    );
  await addOwn(998);
  expect(await relieveWorkflows(db, subscriptionId)).toBe(false);
  await addOwn(1);
  expect(await relieveWorkflows(db, subscriptionId)).toBe(true);
  expect(await relieveWorkflows(db, subscriptionId)).toBe(false);
  expect(await lane()).toMatchObject({ state: 'running', reason: 'backlog', awake: true });
  const rest = () => restLane(db, { subscriptionId, as: 'running' });
  await knex.raw(`UPDATE deliveries SET state = 'delivered' WHERE id IN (SELECT id FROM deliveries LIMIT 500)`);
  expect(await rest()).toEqual({ kind: 'wait', waitMs: 600_000 });
  expect(await lane()).toMatchObject({ state: 'running', awake: false });
  await knex.raw(
    `UPDATE deliveries SET state = 'delivered' WHERE id = (SELECT id FROM deliveries WHERE state = 'pending' LIMIT 1)`,
  );
  expect(await rest()).toEqual({ kind: 'asleep', released: [] });
});
