import { waitFor } from '../../support/engine';
import { attemptsOf, type DeliveryRow, deliveriesOf, laneOf, waitForDelivery, waitForStates } from './rows';
import { useEngine } from './useEngine';
import { countByType, deliveryWorkflow, laneWorkflow, waitForWorkflow } from './workflows';

jest.setTimeout(60_000);

const engine = useEngine({ anewForEach: true });

const times = <T>(count: number, make: () => Promise<T>) => Promise.all(Array.from({ length: count }, make));

const isBehindLane = ({ due_by }: DeliveryRow) => due_by === null;

async function waitForIdleLane(subscriptionId: string): Promise<void> {
  let seen: unknown;
  await waitFor(
    async () => {
      const lane = await laneOf(engine.installation.knex, subscriptionId);
      seen = lane;
      return (lane.state === 'idle' && !lane.awake) || undefined;
    },
    { what: () => `an idle lane; it is ${JSON.stringify(seen)}` },
  );
  await waitForWorkflow(engine.node.client, { workflowId: laneWorkflow(subscriptionId), status: 'COMPLETED' });
}

test('paused: everything is kept; resumed: it goes out by age, and the lane falls asleep', async () => {
  const subscriptionId = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/hook'), maxInFlight: 1 });
  await engine.node.pause(subscriptionId);
  for (let i = 0; i < 30; i++) await engine.node.publish({ changes: `[${i}]` });
  const waiting = await deliveriesOf(engine.installation.knex, subscriptionId);
  expect(waiting.every(({ due_by, attempt }) => due_by === null && attempt === 0)).toBe(true);
  expect(await engine.node.reconcile()).toEqual({ postponed: 0, takenOver: 0, lanesWoken: 0 });
  expect(engine.receiver.hits('/hook')).toHaveLength(0);

  await engine.node.resume(subscriptionId);
  await waitForStates(engine.installation.knex, { subscriptionId, states: { delivered: 30 } });
  expect(engine.receiver.hits('/hook').map(({ headers }) => headers['webhook-id'])).toEqual(
    waiting.map(({ id }) => id),
  );
  await waitForIdleLane(subscriptionId);
  expect(await countByType(engine.node.client)).toEqual({ lane: 1 });

  await engine.node.publish();
  await waitForStates(engine.installation.knex, { subscriptionId, states: { delivered: 31 } });
});

test('what is under way when a subscription is paused ends behind the lane, its attempt on record', async () => {
  engine.receiver.on('/hook', (hit) => (hit === 1 ? { status: 500, delayMs: 1000 } : {}));
  const subscriptionId = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/hook'), retry: [1] });
  await engine.node.publish();
  await engine.receiver.waitForHits('/hook', 1);
  await engine.node.pause(subscriptionId);
  const { id } = await waitForDelivery(engine.installation.knex, { subscriptionId, failures: 1, due_by: null });
  await waitForWorkflow(engine.node.client, { workflowId: deliveryWorkflow(id), status: 'COMPLETED' });
  expect(engine.receiver.hits('/hook')).toHaveLength(1);
  await engine.node.resume(subscriptionId);
  await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'delivered', attempt: 2 });
  expect(await attemptsOf(engine.installation.knex, id)).toHaveLength(2);
  await waitForIdleLane(subscriptionId);
});

test('what waits for its next attempt goes behind the lane when its time comes while it is paused', async () => {
  engine.receiver.on('/hook', (hit) => ({ status: hit === 1 ? 500 : 200 }));
  const subscriptionId = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/hook'), retry: [1] });
  await engine.node.publish();
  await waitForDelivery(engine.installation.knex, { subscriptionId, failures: 1 });
  await engine.node.pause(subscriptionId);
  const { id } = await waitForDelivery(engine.installation.knex, { subscriptionId, due_by: null });
  await waitForWorkflow(engine.node.client, { workflowId: deliveryWorkflow(id), status: 'COMPLETED' });
  await engine.node.resume(subscriptionId);
  await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'delivered', attempt: 2, generation: 2 });
});

test('a hanging receiver: its backlog waits behind its lane, nobody else waits, and all arrive when it recovers', async () => {
  let isHanging = true;
  engine.receiver.on('/hanging', () => (isHanging ? 'hang' : {}));
  const hanging = await engine.node.subscribe({
    callbackUrl: engine.receiver.url('/hanging'),
    timeoutMs: 5000,
    retry: [1, 1, 1, 1, 1, 1],
  });
  const healthy = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/healthy'), topics: ['gs', 'hs'] });
  await times(300, () => engine.node.publish());
  await waitForStates(engine.installation.knex, {
    subscriptionId: healthy,
    states: { delivered: 300 },
    timeoutMs: 15_000,
  });
  await waitFor(async () => (await laneOf(engine.installation.knex, hanging)).state !== 'idle' || undefined, {
    what: 'the lane in use',
  });
  await waitFor(
    async () => (await deliveriesOf(engine.installation.knex, hanging)).filter(isBehindLane).length >= 250 || undefined,
    { what: '250 behind the lane' },
  );
  await engine.node.publish({ topic: 'hs' });
  await waitForStates(engine.installation.knex, {
    subscriptionId: healthy,
    states: { delivered: 301 },
    timeoutMs: 4000,
  });

  const openConsignments = "WorkflowType='consignment' AND ExecutionStatus='Running'";
  await waitFor(async () => (await engine.node.client.workflow.count(openConsignments)).count === 0 || undefined, {
    what: 'no consignment open',
  });
  await waitFor(async () => (await laneOf(engine.installation.knex, hanging)).state === 'sick' || undefined, {
    what: 'a sick receiver',
  });
  isHanging = false;
  await engine.node.activate([await engine.node.laneId({ subscriptionId: hanging, topic: '' })]);
  await waitForStates(engine.installation.knex, {
    subscriptionId: hanging,
    states: { delivered: 300 },
    timeoutMs: 30_000,
  });
  await waitForIdleLane(hanging);
  // What was under way before the lane came into use, and the single ones at the beginning: how many depends on the
  // machine, but it is far from one for each of the 300 that hung.
  const { delivery = 0 } = await countByType(engine.node.client);
  expect(delivery).toBeLessThan(100);
});

test('a retry behind the lane goes out now', async () => {
  engine.receiver.on('/hook', (hit) => ({ status: hit === 1 ? 500 : 200 }));
  const subscriptionId = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/hook'), retry: [3600] });
  await engine.node.publish();
  const { id } = await waitForDelivery(engine.installation.knex, { subscriptionId, failures: 1 });
  await engine.installation.knex('deliveries').update({ due_by: null });
  await engine.installation.knex('lanes').update({ state: 'running' });
  await engine.node.retry(id);
  await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'delivered', attempt: 2 });
  await waitForIdleLane(subscriptionId);
});

test('few that wait for a later attempt get workflows of their own again, found by all that the first one had', async () => {
  engine.receiver.on('/hook', { status: 500 });
  const subscriptionId = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/hook'), retry: [3600] });
  await engine.node.pause(subscriptionId);
  await times(3, () => engine.node.publish());
  await engine.node.resume(subscriptionId);
  await waitForIdleLane(subscriptionId);
  for (const { id, generation } of await deliveriesOf(engine.installation.knex, subscriptionId)) {
    await waitForWorkflow(engine.node.client, { workflowId: deliveryWorkflow(id, { generation }), status: 'RUNNING' });
  }
  const query = `SubscriptionId='${subscriptionId}' AND Topic='gs' AND WorkflowType='delivery' AND ExecutionStatus='Running'`;
  await waitFor(async () => (await engine.node.client.workflow.count(query)).count === 3 || undefined, {
    what: '3 workflows that are found by their topic',
    timeoutMs: 3000,
  });
});

test('many that wait for a later attempt keep it in their rows, behind one sleeping lane that wakes in time', async () => {
  let isBroken = true;
  engine.receiver.on('/hook', () => ({ status: isBroken ? 400 : 200 }));
  const subscriptionId = await engine.node.subscribe({
    callbackUrl: engine.receiver.url('/hook'),
    retry: [5],
    maxInFlight: 100,
  });
  await engine.node.pause(subscriptionId);
  await times(150, () => engine.node.publish());
  await engine.node.resume(subscriptionId);
  await waitFor(
    async () =>
      (await deliveriesOf(engine.installation.knex, subscriptionId)).every(({ failures }) => failures === 1) ||
      undefined,
    {
      what: '150 first failures',
    },
  );
  isBroken = false;
  expect(await countByType(engine.node.client)).toEqual({ lane: 1 });
  await waitForStates(engine.installation.knex, { subscriptionId, states: { delivered: 150 }, timeoutMs: 20_000 });
  await waitForIdleLane(subscriptionId);
  expect(engine.receiver.hits('/hook')).toHaveLength(300);
});

test('a lane whose workflow is terminated is woken by reconcile', async () => {
  engine.receiver.on('/hook', { delayMs: 300 });
  const subscriptionId = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/hook'), maxInFlight: 1 });
  await engine.node.pause(subscriptionId);
  await times(20, () => engine.node.publish());
  await engine.node.resume(subscriptionId);
  await engine.receiver.waitForHits('/hook', 2);
  await engine.node.client.workflow.getHandle(laneWorkflow(subscriptionId)).terminate('by an operator');
  await engine.installation.knex('lanes').update({ due_by: engine.installation.knex.raw("now() - interval '1 s'") });
  expect(await engine.node.reconcile()).toMatchObject({ lanesWoken: 1 });
  await waitForStates(engine.installation.knex, { subscriptionId, states: { delivered: 20 }, timeoutMs: 20_000 });
  expect(engine.receiver.hits('/hook')).toHaveLength(20);
});

test('deleting cancels what is pending, paused or retrying, and says how many', async () => {
  engine.receiver.on('/retrying', { status: 400 });
  const retrying = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/retrying'), retry: [2, 3600] });
  const paused = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/paused') });
  await engine.node.pause(paused);
  await times(5, () => engine.node.publish());
  await waitFor(
    async () =>
      (await deliveriesOf(engine.installation.knex, retrying)).every(({ failures }) => failures === 1) || undefined,
    {
      what: '5 first failures',
    },
  );
  expect(await engine.node.deleteSubscription(retrying)).toEqual({ cancelled: 5 });
  expect(await engine.node.deleteSubscription(paused)).toEqual({ cancelled: 5 });
  await waitForStates(engine.installation.knex, { subscriptionId: retrying, states: { cancelled: 5 } });
  await waitForStates(engine.installation.knex, { subscriptionId: paused, states: { cancelled: 5 } });
  for (const { id } of await deliveriesOf(engine.installation.knex, retrying)) {
    await waitForWorkflow(engine.node.client, { workflowId: deliveryWorkflow(id), status: 'COMPLETED' });
  }
  expect(engine.receiver.hits('/retrying')).toHaveLength(5);
});
