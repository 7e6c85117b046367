import { type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { LANE_STATE } from '../../../src/contracts/searchAttributes';
import { type Installation, installRuntime, startInstallation, waitFor } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { startServerOfShortHistories } from '../../support/temporal';
import { waitForDelivery, waitForLane, waitForStates } from './rows';
import { deliveryWorkflow, laneWorkflow, listWorkflows, waitForWorkflow } from './workflows';

jest.setTimeout(90_000);

/** A stretch or an attempt of which nothing comes takes about ten. */
const SUGGESTED_AFTER_EVENTS = 20;
const RUNS = 5;

let temporal: TestWorkflowEnvironment;
let installation: Installation;
let receiver: Receiver;
let node: Awaited<ReturnType<Installation['startNode']>>;

beforeAll(async () => {
  installRuntime();
  temporal = await startServerOfShortHistories(SUGGESTED_AFTER_EVENTS);
  installation = await startInstallation();
  receiver = await startReceiver();
  node = await installation.startNode({ temporalAddress: temporal.address, namespace: 'default' });
});

afterAll(async () => {
  await installation?.stop();
  await receiver?.stop();
  await temporal?.teardown();
});

async function subscribeInOrder(topic: string, { historyRequired = false } = {}) {
  await installation.knex('topics').insert({ topic, name: topic });
  const subscriptionId = await node.subscribe({
    callbackUrl: receiver.url(`/${topic}`),
    topics: [topic],
    ordered: true,
    retry: Array.from({ length: 60 }, () => 3600),
    historyRequired,
  });
  const handle = node.client.workflow.getHandle(laneWorkflow(subscriptionId, topic));
  return { lane: { subscriptionId, topic }, handle };
}

/** One after the other: each answered before the next is sent. */
async function publishInTurn(topic: string, numbers: number[]): Promise<void> {
  for (const number of numbers) await node.publish({ topic, changes: `[${number}]` });
}

const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, i) => i + from);

/** The first of each event's `changes`, in the order in which they arrived. */
const arrived = (topic: string): number[] =>
  receiver.hits(`/${topic}`).map(({ body }) => JSON.parse(body).data.changes[0]);

const runsOf = async ({ workflowId }: WorkflowHandle) =>
  (await listWorkflows(node.client, `WorkflowId='${workflowId}'`)).length;

/** Sends a signal again and again, each when the one before is written, until it is told to stop or nobody hears it. */
function storm(handle: WorkflowHandle, signal: string) {
  let isOver = false;
  const send = async () => {
    while (!isOver) await handle.signal(signal);
  };
  const sent = send().catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  });
  // A test that fails before it stops the storm has said why.
  sent.catch(() => undefined);
  return {
    stop() {
      isOver = true;
      return sent;
    },
  };
}

test('a held lane that is signalled without a pause continues as new, and hears its historyProcessed', async () => {
  const topic = 'held';
  const { lane, handle } = await subscribeInOrder(topic, { historyRequired: true });
  await publishInTurn(topic, upTo(5));
  await waitForWorkflow(node.client, { workflowId: handle.workflowId, status: 'RUNNING' });
  const wakes = storm(handle, 'wake');
  await waitFor(async () => (await runsOf(handle)) >= RUNS || undefined, { what: `${RUNS} runs of a held lane` });
  await publishInTurn(topic, upTo(10, 5));
  expect(arrived(topic)).toEqual([]);
  await handle.signal('historyProcessed');
  await waitForStates(installation.knex, { ...lane, states: { delivered: 10 } });
  await wakes.stop();
  expect(arrived(topic)).toEqual(upTo(10));
  await waitForWorkflow(node.client, { workflowId: handle.workflowId, status: 'COMPLETED' });
  await waitForLane(installation.knex, lane, { state: 'idle', awake: false });
});

test('a lane that continues as new between its failures hears every activate, once sent', async () => {
  const topic = 'failing';
  const { lane, handle } = await subscribeInOrder(topic);
  receiver.on(`/${topic}`, (hit) => ({ status: hit % 2 === 1 ? 503 : 200 }));
  await publishInTurn(topic, upTo(10));
  await waitForLane(installation.knex, lane, { state: 'retrying' });
  const wakes = storm(handle, 'wake');
  for (const number of upTo(10)) {
    await receiver.waitForHits(`/${topic}`, 2 * number + 1);
    await waitForLane(installation.knex, lane, { state: 'retrying' });
    await handle.signal('activate');
  }
  await wakes.stop();
  await waitForStates(installation.knex, { ...lane, states: { delivered: 10 } });
  expect(arrived(topic)).toEqual(upTo(10).flatMap((number) => [number, number]));
  await waitForWorkflow(node.client, { workflowId: handle.workflowId, status: 'COMPLETED' });
  expect(await runsOf(handle)).toBeGreaterThanOrEqual(RUNS);
});

test('a stopped lane shows its state through all its runs, and not for longer', async () => {
  const topic = 'stopped';
  const { lane, handle } = await subscribeInOrder(topic);
  let isDown = true;
  receiver.on(`/${topic}`, () => ({ status: isDown ? 410 : 200 }));
  const shown = async () => (await handle.describe()).typedSearchAttributes.get(LANE_STATE);
  await publishInTurn(topic, upTo(3));
  await waitForLane(installation.knex, lane, { state: 'stopped' });
  const wakes = storm(handle, 'wake');
  await waitFor(async () => (await runsOf(handle)) >= RUNS || undefined, { what: `${RUNS} runs of a stopped lane` });
  await wakes.stop();
  expect(await shown()).toBe('stopped');
  isDown = false;
  await handle.signal('activate');
  await waitForWorkflow(node.client, { workflowId: handle.workflowId, status: 'COMPLETED' });
  expect(arrived(topic)).toEqual([0, 0, 1, 2]);
  expect(await shown()).toBe('running');
});

test('a delivery that continues as new while it waits hears every retryNow, once sent', async () => {
  const topic = 'alone';
  // A fifth failure in a row would make its receiver sick.
  receiver.on(`/${topic}`, (hit) => ({ status: hit < 5 ? 503 : 200 }));
  await installation.knex('topics').insert({ topic, name: topic });
  const subscriptionId = await node.subscribe({
    callbackUrl: receiver.url(`/${topic}`),
    topics: [topic],
    retry: Array.from({ length: 60 }, () => 3600),
  });
  await publishInTurn(topic, [0]);
  const delivery = await waitForDelivery(installation.knex, { subscriptionId, failures: 1 });
  const handle = node.client.workflow.getHandle(deliveryWorkflow(delivery.id, { topic }));
  await waitForWorkflow(node.client, { workflowId: handle.workflowId, status: 'RUNNING' });
  const looks = storm(handle, 'attemptEnded');
  for (const failures of upTo(5, 1)) {
    await waitForDelivery(installation.knex, { subscriptionId, failures });
    await waitFor(async () => (await runsOf(handle)) > failures || undefined, { what: 'another run' });
    await handle.signal('retryNow');
  }
  await looks.stop();
  await waitForDelivery(installation.knex, { subscriptionId, state: 'delivered' });
  expect(receiver.hits(`/${topic}`)).toHaveLength(5);
  await waitForWorkflow(node.client, { workflowId: handle.workflowId, status: 'COMPLETED' });
});
