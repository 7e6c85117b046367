import { MockActivityEnvironment } from '@temporalio/testing';
import { createDrainLane } from '../../../activities/drainLane';
import { takeOverdueLanes } from '../../../src/db/carrying/overdue';
import type { Drain } from '../../../src/services/draining/drain';
import { type Carrying, startCarrying } from './carrying';

let carrying: Carrying;
let subscriptionId: string;

beforeAll(async () => {
  carrying = await startCarrying();
  subscriptionId = await carrying.subscribe();
});
afterAll(() => carrying?.stop());

const isDue = async () => (await takeOverdueLanes(carrying.knex, 10)).length === 1;

/** The lane's stretch, in an activity of its own. */
function drainOnce(environment: MockActivityEnvironment, drain: Drain) {
  const unused = async () => {
    throw new Error('not asked for here');
  };
  const drainLane = createDrainLane({
    ...{ db: carrying.db, drainSideBySide: drain, pushInOrder: drain },
    ...{ workflows: { wakeLane: unused }, target: unused },
  });
  const subject = { tenantId: 'acme', appId: 'shop', subscriptionId, topic: '', callbackHost: 'localhost' };
  return environment.run(drainLane, { subscriptionId, topic: '', subject });
}

const inTwoMinutes = () => carrying.knex.raw("now() + interval '2 minutes'");

test('a stretch that is cancelled, as when its workflow is terminated, leaves a lane that reconcile looks at next', async () => {
  await carrying.knex('lanes').update({ awake: true, state: 'running', due_by: inTwoMinutes() });
  const environment = new MockActivityEnvironment();
  const ended = drainOnce(environment, async ({ isStopped }) => {
    environment.cancel();
    expect(isStopped()).toBe(true);
    return { next: 'drain' };
  });
  await ended;
  expect(await isDue()).toBe(true);
});

test('one that ends by itself is due when it said', async () => {
  await carrying.knex('lanes').update({ awake: true, state: 'running', due_by: inTwoMinutes() });
  await drainOnce(new MockActivityEnvironment(), async () => ({ next: 'drain' }));
  expect(await isDue()).toBe(false);
});

test('one that has fallen asleep meanwhile stays asleep', async () => {
  await carrying.knex('lanes').update({ awake: false, state: 'idle', due_by: null });
  const environment = new MockActivityEnvironment();
  await drainOnce(environment, async () => {
    environment.cancel();
    return { next: 'end' };
  });
  expect(await isDue()).toBe(false);
});
