import { cancelAll } from '../../../src/db/cancellations';
import { claimDeliveries } from '../../../src/db/carrying/claim';
import { recordOutcomes } from '../../../src/db/carrying/outcomes';
import { findOverdue, takeOver } from '../../../src/db/carrying/overdue';
import { pauseSubscription, resumeSubscription } from '../../../src/db/carrying/pauseSubscription';
import { retryDelivery } from '../../../src/db/carrying/steer';
import { type Carrying, outcomeOf, startCarrying } from './carrying';

jest.setTimeout(30_000);

let carrying: Carrying;
let subscriptionId: string;
beforeEach(async () => {
  carrying = await startCarrying();
  subscriptionId = await carrying.subscribe();
});
afterEach(() => carrying.stop());

const claim = (deliveryId: string, generation = 1, early = false) =>
  claimDeliveries(carrying.db, { wanted: [{ deliveryId, generation }], early });
const makeOverdue = (deliveryId: string) =>
  carrying
    .knex('deliveries')
    .where({ id: deliveryId })
    .update({ due_by: carrying.knex.raw("now() - interval '1 s'") });

describe('a claim', () => {
  test('is refused while an attempt is under way, and given when that claim has run out', async () => {
    const { deliveryId } = await carrying.acceptOne();
    expect(await claim(deliveryId)).toEqual([]);
    expect(await claim(deliveryId, 1, true)).toEqual([]);
    await makeOverdue(deliveryId);
    expect(await claim(deliveryId)).toMatchObject([{ deliveryId, attempt: 2, generation: 1, failures: 0 }]);
    expect(await claim(deliveryId)).toEqual([]);
  });

  test('waits for the next attempt time, unless it is early on purpose', async () => {
    const { deliveryId } = await carrying.acceptOne();
    await recordOutcomes(carrying.db, [outcomeOf({ deliveryId, generation: 1, attempt: 1 }, 500)]);
    expect(await claim(deliveryId)).toEqual([]);
    expect(await claim(deliveryId, 1, true)).toMatchObject([{ attempt: 2, failures: 1 }]);
  });

  test('is given once, to one of many who ask at once', async () => {
    const { deliveryId } = await carrying.acceptOne({}, { attempting: false });
    const claims = await Promise.all(Array.from({ length: 20 }, () => claim(deliveryId)));
    expect(claims.flat()).toMatchObject([{ attempt: 1 }]);
  });

  test('is refused to an old generation and to one that is not there yet', async () => {
    const { deliveryId } = await carrying.acceptOne({}, { attempting: false });
    await makeOverdue(deliveryId);
    await takeOver(carrying.knex, await findOverdue(carrying.knex, 10));
    expect(await claim(deliveryId, 1)).toEqual([]);
    expect(await claim(deliveryId, 3)).toEqual([]);
    expect(await claim(deliveryId, 2)).toMatchObject([{ generation: 2, attempt: 1 }]);
  });

  test('is refused while the subscription is paused, and after it was deleted or its delivery finished', async () => {
    const { deliveryId } = await carrying.acceptOne({}, { attempting: false });
    await pauseSubscription(carrying.steer, subscriptionId);
    expect(await claim(deliveryId)).toEqual([]);
    await resumeSubscription(carrying.steer, subscriptionId);
    await carrying.knex.transaction((trx) =>
      cancelAll(trx, [{ subscriptionId, topic: 'gs', reason: 'topic_dropped' }]),
    );
    expect(await claim(deliveryId)).toEqual([]);
    await carrying.knex('cancellations').delete();
    await carrying.knex('deliveries').update({ state: 'delivered' });
    expect(await claim(deliveryId)).toEqual([]);
  });

  test('numbers attempts over a whole life, also after a retry by hand', async () => {
    const { deliveryId } = await carrying.acceptOne();
    await recordOutcomes(carrying.db, [
      { ...outcomeOf({ deliveryId, generation: 1, attempt: 1 }, 410), state: 'failed', reason: 'gone', waitMs: null },
    ]);
    expect(await retryDelivery(carrying.knex, deliveryId)).toMatchObject({ kind: 'due', isNew: true, generation: 2 });
    expect(await claim(deliveryId, 2)).toMatchObject([{ attempt: 2, failures: 0 }]);
  });
});

describe('an outcome', () => {
  test('that acknowledges counts from an old generation, one that fails does not', async () => {
    for (const [status, expected] of [
      [500, { state: 'pending', failures: 0, generation: 2 }],
      [200, { state: 'delivered', generation: 2 }],
    ] as const) {
      const { deliveryId } = await carrying.acceptOne();
      await makeOverdue(deliveryId);
      await takeOver(carrying.knex, await findOverdue(carrying.knex, 10));
      const settled = await recordOutcomes(carrying.db, [outcomeOf({ deliveryId, generation: 1, attempt: 1 }, status)]);
      expect(settled).toHaveLength(status === 200 ? 1 : 0);
      expect(await carrying.row(deliveryId)).toMatchObject(expected);
      expect(await carrying.knex('attempts').where({ delivery_id: deliveryId })).toMatchObject([
        { status_code: status },
      ]);
    }
  });

  test('changes nothing that is finished, and is recorded all the same', async () => {
    const { deliveryId } = await carrying.acceptOne();
    await carrying.knex('deliveries').update({ state: 'cancelled', reason: 'cancelled by hand' });
    expect(await recordOutcomes(carrying.db, [outcomeOf({ deliveryId, generation: 1, attempt: 1 }, 200)])).toEqual([]);
    expect(await carrying.row(deliveryId)).toMatchObject({ state: 'cancelled' });
    expect(await carrying.knex('attempts')).toHaveLength(1);
  });

  test('of an attempt that was overtaken is not taken for the later one of the same group', async () => {
    for (let round = 0; round < 10; round++) {
      const { deliveryId } = await carrying.acceptOne();
      await makeOverdue(deliveryId);
      await claim(deliveryId);
      const stale = outcomeOf({ deliveryId, generation: 1, attempt: 1 }, 500);
      const acknowledged = outcomeOf({ deliveryId, generation: 1, attempt: 2 }, 200);
      await recordOutcomes(carrying.db, round % 2 ? [stale, acknowledged] : [acknowledged, stale]);
      expect(await carrying.row(deliveryId)).toMatchObject({ state: 'delivered' });
    }
  });

  test('counts the wait from the end of the attempt, however late it is written', async () => {
    const { deliveryId } = await carrying.acceptOne();
    const outcome = outcomeOf({ deliveryId, generation: 1, attempt: 1 }, 500);
    await recordOutcomes(carrying.db, [{ ...outcome, startedAgoMs: 20_005, durationMs: 5 }]);
    const { next_attempt_at, due_by } = await carrying.row(deliveryId);
    const { rows } = await carrying.knex.raw('SELECT now() AS now');
    expect(next_attempt_at - rows[0].now).toBeGreaterThan(38_000);
    expect(next_attempt_at - rows[0].now).toBeLessThanOrEqual(40_000);
    expect(due_by - next_attempt_at).toBeGreaterThanOrEqual(30_000);
  });
});
