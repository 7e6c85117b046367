import { type Installation, startInstallation, waitFor } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { attemptsOf, deliveriesOf, orderedLaneOf, waitForDelivery, waitForLane, waitForStates } from './rows';
import { laneWorkflow, listWorkflows, waitForTimer, waitForWorkflow } from './workflows';

jest.setTimeout(90_000);

let installation: Installation;
let receiver: Receiver;
let node: Awaited<ReturnType<Installation['startNode']>>;

beforeAll(async () => {
  installation = await startInstallation();
  node = await installation.startNode();
});

afterAll(async () => {
  await installation?.stop();
});

beforeEach(async () => {
  receiver = await startReceiver();
});

let topics = 0;
let topic = '';

afterEach(async () => {
  await receiver?.stop();
});

/** An ordered subscription to a topic of its own. */
async function subscribe({ retry = [3600], historyRequired = false, path = '/hook', maxInFlight = 10 } = {}) {
  topic = `topic-${++topics}`;
  await installation.knex('topics').insert({ topic, name: topic });
  const subscriptionId = await node.subscribe({
    callbackUrl: receiver.url(path),
    topics: [topic],
    ordered: true,
    ...{ retry, historyRequired, maxInFlight },
  });
  return { subscriptionId, topic, laneId: await node.laneId({ subscriptionId, topic }) };
}

/** One after the other: each answered before the next is sent. */
async function publishInTurn(count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i++) await node.publish({ topic, changes: `[${i}]` });
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => i + from);

/** The first of each event's `changes`, in the order in which they arrived. */
function arrived(path = '/hook'): number[] {
  return receiver.hits(path).map(({ body }) => JSON.parse(body).data.changes[0]);
}

test('one at a time, in the order of acceptance, by one workflow that ends when nothing waits', async () => {
  const lane = await subscribe();
  let underWay = 0;
  let most = 0;
  receiver.on('/hook', () => {
    most = Math.max(most, ++underWay);
    return { delayMs: 1, onAnswer: () => underWay-- };
  });
  await publishInTurn(60);
  await waitForStates(installation.knex, { ...lane, states: { delivered: 60 } });
  expect(arrived()).toEqual(numbers(60));
  expect(most).toBe(1);
  await waitForLane(installation.knex, lane, { state: 'idle', awake: false });
  await waitForWorkflow(node.client, {
    workflowId: laneWorkflow(lane.subscriptionId, lane.topic),
    status: 'COMPLETED',
  });
  const ofLane = await listWorkflows(node.client, `SubscriptionId='${lane.subscriptionId}'`);
  expect(ofLane.map(({ type }) => type).filter((type) => type !== 'lane')).toEqual([]);
});

test('what is published at once arrives once each, in one order', async () => {
  const lane = await subscribe();
  await Promise.all(numbers(300).map((i) => node.publish({ topic, changes: `[${i}]` })));
  await waitForStates(installation.knex, { ...lane, states: { delivered: 300 } });
  const inOrder = await installation.knex('deliveries').where({ topic }).orderBy('lane_number').select('id');
  expect(receiver.hits('/hook').map(({ headers }) => headers['webhook-id'])).toEqual(inOrder.map(({ id }) => id));
  const rows = await installation.knex('deliveries').where({ topic }).orderBy('lane_number').select('lane_number');
  expect(rows.map(({ lane_number }) => Number(lane_number))).toEqual(numbers(300, 1));
});

test('a failure holds everything after it; activated, it goes on from the failed event', async () => {
  const lane = await subscribe();
  let isDown = true;
  receiver.on('/hook', () => ({ status: isDown ? 503 : 200 }));
  await publishInTurn(5);
  await waitForLane(installation.knex, lane, { state: 'retrying' });
  expect(receiver.hits('/hook')).toHaveLength(1);
  isDown = false;
  await node.activate([lane.laneId]);
  await node.activate([lane.laneId]);
  await waitForStates(installation.knex, { ...lane, states: { delivered: 5 } });
  expect(arrived()).toEqual([0, 0, 1, 2, 3, 4]);
  const [head] = await deliveriesOf(installation.knex, lane.subscriptionId);
  expect(await attemptsOf(installation.knex, head?.id ?? '')).toMatchObject([
    { number: 1, status_code: 503 },
    { number: 2, status_code: 200 },
  ]);
});

test('its policy used up, the push task stops with the reason, and others go on', async () => {
  const lane = await subscribe({ retry: [] });
  const other = { ...(await subscribe({ path: '/other' })) };
  topic = lane.topic;
  let isDown = true;
  receiver.on('/hook', () => ({ status: isDown ? 500 : 200 }));
  await publishInTurn(3);
  await waitForLane(installation.knex, lane, { state: 'stopped', reason: 'retries_exhausted' });
  topic = other.topic;
  await publishInTurn(2);
  await waitForStates(installation.knex, { ...other, states: { delivered: 2 } });
  expect(await node.reconcile()).toMatchObject({ lanesWoken: 0 });
  const workflowId = laneWorkflow(lane.subscriptionId, lane.topic);
  await waitForWorkflow(node.client, { workflowId, status: 'RUNNING' });
  const query = `LaneState='stopped' AND Topic='${lane.topic}'`;
  await waitFor(async () => (await node.client.workflow.count(query)).count === 1 || undefined, {
    what: 'a stopped lane found by its state',
  });
  expect(await node.client.workflow.getHandle(workflowId).query('status')).toMatchObject({
    state: 'stopped',
    reason: 'retries_exhausted',
    waiting: 3,
    lastAttempt: { number: 1, text: 'the receiver answered 500' },
  });
  isDown = false;
  await node.client.workflow.getHandle(workflowId).signal('activate');
  await waitForStates(installation.knex, { ...lane, states: { delivered: 3 } });
  expect(arrived()).toEqual([0, 0, 1, 2]);
});

test('410 stops it at once', async () => {
  const lane = await subscribe({ retry: [3600, 3600] });
  receiver.on('/hook', { status: 410 });
  await publishInTurn(2);
  await waitForLane(installation.knex, lane, { state: 'stopped', reason: 'gone' });
  expect(receiver.hits('/hook')).toHaveLength(1);
  await waitForStates(installation.knex, { ...lane, states: { pending: 2 } });
});

test('history: everything is held, and released in order by historyProcessed, once', async () => {
  const lane = await subscribe({ historyRequired: true });
  await waitForLane(installation.knex, lane, { state: 'awaiting_history', awake: false });
  await publishInTurn(40);
  await waitForWorkflow(node.client, { workflowId: laneWorkflow(lane.subscriptionId, lane.topic), status: 'RUNNING' });
  expect(receiver.hits('/hook')).toHaveLength(0);
  await Promise.all([
    node.processHistory([lane.laneId]),
    node.processHistory([lane.laneId]),
    ...numbers(20, 40).map((i) => node.publish({ topic, changes: `[${i}]` })),
  ]);
  await waitForStates(installation.knex, { ...lane, states: { delivered: 60 } });
  expect(arrived().slice(0, 40)).toEqual(numbers(40));
  expect([...arrived()].sort((a, b) => a - b)).toEqual(numbers(60));
  await node.processHistory([lane.laneId]);
  await waitForLane(installation.knex, lane, { state: 'idle' });
});

test('a paused lane holds, keeps what it waited for, and goes on in order', async () => {
  const lane = await subscribe({ historyRequired: true });
  await node.pause(lane.subscriptionId);
  await publishInTurn(3);
  await node.resume(lane.subscriptionId);
  await waitForLane(installation.knex, lane, { state: 'awaiting_history' });
  await node.pause(lane.subscriptionId);
  await node.processHistory([lane.laneId]);
  await waitForLane(installation.knex, lane, { state: 'paused' });
  expect(receiver.hits('/hook')).toHaveLength(0);
  await node.resume(lane.subscriptionId);
  await waitForStates(installation.knex, { ...lane, states: { delivered: 3 } });
  expect(arrived()).toEqual([0, 1, 2]);
});

test('why it stopped is told again after a pause', async () => {
  const lane = await subscribe();
  receiver.on('/hook', { status: 410 });
  await publishInTurn(1);
  await waitForLane(installation.knex, lane, { state: 'stopped', reason: 'gone' });
  await node.pause(lane.subscriptionId);
  await node.resume(lane.subscriptionId);
  await waitForLane(installation.knex, lane, { state: 'stopped', reason: 'gone' });
});

test('stopped by hand, it stands until it is activated', async () => {
  const lane = await subscribe();
  await node.stopLane(lane.laneId);
  await publishInTurn(2);
  await waitForWorkflow(node.client, { workflowId: laneWorkflow(lane.subscriptionId, lane.topic), status: 'RUNNING' });
  await waitForLane(installation.knex, lane, { state: 'stopped', reason: 'stopped_by_hand' });
  expect(receiver.hits('/hook')).toHaveLength(0);
  await node.activate([lane.laneId]);
  await waitForStates(installation.knex, { ...lane, states: { delivered: 2 } });
});

test('a failure after the lane was stopped is on record, and counts against nothing', async () => {
  const lane = await subscribe();
  receiver.on('/hook', () => ({ status: 503, after: node.stopLane(lane.laneId) }));
  await publishInTurn(1);
  const { id } = await waitForDelivery(installation.knex, { subscriptionId: lane.subscriptionId, attempt: 1 });
  expect(await attemptsOf(installation.knex, id)).toMatchObject([{ number: 1, status_code: 503 }]);
  await waitForLane(installation.knex, lane, { state: 'stopped', reason: 'stopped_by_hand' });
  expect(await deliveriesOf(installation.knex, lane.subscriptionId)).toMatchObject([{ failures: 0 }]);
});

test('a cancelled head lets the next one go', async () => {
  const lane = await subscribe();
  receiver.on('/hook', (hit) => ({ status: hit === 1 ? 500 : 200 }));
  await publishInTurn(3);
  await waitForLane(installation.knex, lane, { state: 'retrying' });
  const [head] = await deliveriesOf(installation.knex, lane.subscriptionId);
  await node.cancel(head?.id ?? '');
  await waitForStates(installation.knex, { ...lane, states: { cancelled: 1, delivered: 2 } });
  expect(arrived()).toEqual([0, 1, 2]);
});

test('retry of the head activates its lane', async () => {
  const lane = await subscribe();
  receiver.on('/hook', (hit) => ({ status: hit === 1 ? 500 : 200 }));
  await publishInTurn(2);
  await waitForLane(installation.knex, lane, { state: 'retrying' });
  const [head] = await deliveriesOf(installation.knex, lane.subscriptionId);
  await node.retry(head?.id ?? '');
  await waitForStates(installation.knex, { ...lane, states: { delivered: 2 } });
});

/** Of the database's clock: acceptances are told apart by it. */
async function nextMillisecond(): Promise<void> {
  await installation.knex.raw('SELECT pg_sleep(0.001)');
}

test('re-push: everything accepted since then goes again, in order, before anything newer, as new deliveries', async () => {
  const lane = await subscribe();
  await publishInTurn(100);
  await nextMillisecond();
  await publishInTurn(600, 100);
  await waitForStates(installation.knex, { ...lane, states: { delivered: 700 } });
  await node.stopLane(lane.laneId);
  await publishInTurn(3, 700);
  const [hundredth] = await installation.knex('deliveries').where({ topic, lane_number: 101 });
  const since = hundredth.created_at;
  await node.activate([lane.laneId], { since });
  await node.activate([lane.laneId], { since });
  await waitFor(async () => receiver.hits('/hook').length >= 700 + 603 || undefined, { what: 'everything again' });
  await waitForLane(installation.knex, lane, { state: 'idle' });
  expect(arrived().slice(700)).toEqual([...numbers(600, 100), 700, 701, 702]);
  const copies = await installation.knex('deliveries').where({ topic }).whereNotNull('replay_of');
  expect(copies).toHaveLength(600);
  expect(new Set(receiver.hits('/hook').map(({ headers }) => headers['webhook-id'])).size).toBe(1303);
});

test('a lane whose workflow is terminated goes on when reconcile finds it', async () => {
  const lane = await subscribe({ retry: [] });
  let isDown = true;
  receiver.on('/hook', () => ({ status: isDown ? 500 : 200 }));
  await publishInTurn(2);
  await waitForLane(installation.knex, lane, { state: 'stopped' });
  const workflowId = laneWorkflow(lane.subscriptionId, lane.topic);
  // Its activity would still write the row.
  await waitForTimer(node.client, workflowId);
  await node.client.workflow.getHandle(workflowId).terminate('by an operator');
  await waitForWorkflow(node.client, { workflowId, status: 'TERMINATED' });
  isDown = false;
  await installation
    .knex('lanes')
    .where({ id: lane.laneId })
    .update({ due_by: new Date(0) });
  expect(await node.reconcile()).toMatchObject({ lanesWoken: 1 });
  await waitForWorkflow(node.client, { workflowId, status: 'RUNNING' });
  expect((await orderedLaneOf(installation.knex, lane)).state).toBe('stopped');
  await node.activate([lane.laneId]);
  await waitForStates(installation.knex, { ...lane, states: { delivered: 2 } });
});

test('many push tasks of one subscription run side by side, within its maxInFlight', async () => {
  const names = numbers(6).map((i) => `side-${i}`);
  await installation.knex('topics').insert(names.map((name) => ({ topic: name, name })));
  let underWay = 0;
  let most = 0;
  receiver.on('/hook', () => {
    most = Math.max(most, ++underWay);
    return { delayMs: 100, onAnswer: () => underWay-- };
  });
  const subscriptionId = await node.subscribe({
    callbackUrl: receiver.url('/hook'),
    topics: names,
    ordered: true,
    maxInFlight: 4,
  });
  for (let i = 0; i < 5; i++)
    for (const name of names) await node.publish({ topic: name, changes: `["${name}",${i}]` });
  await waitForStates(installation.knex, { subscriptionId, states: { delivered: 30 } });
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(4);
  for (const name of names) {
    const ofTopic = receiver.hits('/hook').map(({ body }) => JSON.parse(body).data.changes);
    expect(ofTopic.filter(([of]) => of === name).map(([, i]) => i)).toEqual(numbers(5));
  }
});
