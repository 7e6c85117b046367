import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { version } from '../../../package.json';
import type { LaneStanding } from '../../../src/contracts/carrying';
import { fanOutWorkflowId, TASK_QUEUE } from '../../../src/contracts/ids';
import type { LaneState } from '../../../src/contracts/states';
import {
  type Installation,
  type SubscribeInput,
  startInstallation,
  TENANT,
  waitFor,
  workflowBundle,
} from '../../support/engine';
import { type Behaviour, type Receiver, startReceiver } from '../../support/receiver';
import { testServers } from '../../support/servers';
import { startServerOfShortHistories } from '../../support/temporal';
import { deliveriesOf, waitForDelivery, waitForLane, waitForStates } from './rows';
import { deliveryWorkflow, laneWorkflow, listWorkflows, waitForWorkflow } from './workflows';

jest.setTimeout(90_000);

type Node = Awaited<ReturnType<Installation['startNode']>>;

/** Histories of a new shape are kept, under the version that wrote them: RECORD_HISTORIES=1, then look at the diff. */
const KEEP_IN =
  process.env.RECORD_HISTORIES === '1'
    ? join(__dirname, '..', '..', 'replay', 'histories')
    : join(testServers().runDir, 'histories');

let installation: Installation;
let receiver: Receiver;
let node: Node;

beforeAll(async () => {
  installation = await startInstallation();
  receiver = await startReceiver();
  node = await installation.startNode();
  mkdirSync(KEEP_IN, { recursive: true });
});

afterAll(async () => {
  await receiver?.stop();
  await installation?.stop();
});

type Settings = Partial<SubscribeInput> & { on?: Node };

/** To a topic of its own. */
async function subscribe(name: string, behaviour: Behaviour, { on = node, ...settings }: Settings = {}) {
  const topic = name;
  const path = `/${name}`;
  receiver.on(path, behaviour);
  await installation.knex('topics').insert({ topic, name });
  const subscriptionId = await on.subscribe({ callbackUrl: receiver.url(path), topics: [topic], ...settings });
  return { subscriptionId, topic, publish: () => on.publish({ topic }) };
}

/** An ordered subscription's lane, with so many events in it. */
async function orderedLane(name: string, behaviour: Behaviour, { on = node, ...settings }: Settings = {}) {
  const lane = await subscribe(name, behaviour, { ordered: true, retry: [3600], on, ...settings });
  for (let i = 0; i < 3; i++) await lane.publish();
  const handle = on.client.workflow.getHandle(laneWorkflow(lane.subscriptionId, lane.topic));
  return { ...lane, handle };
}

/** Until the lane's workflow waits, and knows how its lane stands. */
async function waitForStanding(handle: WorkflowHandle, state: LaneState): Promise<void> {
  await waitForWorkflow(node.client, { workflowId: handle.workflowId, status: 'RUNNING' });
  const standing = async () => (await handle.query<LaneStanding | null>('status'))?.state;
  await waitFor(async () => (await standing()) === state || undefined, { what: `a workflow that stands as ${state}` });
}

/** One event to one receiver. */
async function deliver(name: string, behaviour: Behaviour, retry = [1]) {
  const { subscriptionId, publish } = await subscribe(name, behaviour, { retry });
  await publish();
  const [delivery] = await deliveriesOf(installation.knex, subscriptionId);
  if (!delivery) throw new Error('no delivery');
  return { subscriptionId, handle: node.client.workflow.getHandle(deliveryWorkflow(delivery.id, { topic: name })) };
}

/** Fails once and then waits for an hour. */
async function waiting(name: string) {
  const delivered = await deliver(name, (hit) => ({ status: hit === 1 ? 503 : 200 }), [3600]);
  await waitForDelivery(installation.knex, { subscriptionId: delivered.subscriptionId, failures: 1 });
  await waitForWorkflow(node.client, { workflowId: delivered.handle.workflowId, status: 'RUNNING' });
  return delivered.handle;
}

const SCENARIOS: Record<string, () => Promise<WorkflowHandle>> = {
  async delivery_delivered() {
    return (await deliver('delivered', {})).handle;
  },
  async delivery_retried() {
    return (await deliver('retried', (hit) => ({ status: hit < 3 ? 503 : 200 }), [1, 1])).handle;
  },
  async delivery_exhausted() {
    return (await deliver('exhausted', { status: 500 }, [1])).handle;
  },
  async delivery_retry_now() {
    const handle = await waiting('retry_now');
    await handle.signal('retryNow');
    return handle;
  },
  async delivery_cancelled() {
    const handle = await waiting('cancelled');
    await handle.signal('cancel');
    return handle;
  },
  async delivery_cancellation_requested() {
    const handle = await waiting('cancellation_requested');
    await handle.cancel();
    return handle;
  },
  async delivery_under_way() {
    return (await deliver('under_way', { delayMs: 6500 })).handle;
  },
  async delivery_paused() {
    const { subscriptionId, handle } = await deliver('paused', { status: 503 }, [2]);
    await waitForWorkflow(node.client, { workflowId: handle.workflowId, status: 'RUNNING' });
    await waitForDelivery(installation.knex, { subscriptionId, failures: 1 });
    await node.pause(subscriptionId);
    return handle;
  },
  async consignment() {
    const { subscriptionId, publish } = await subscribe('consignment', {});
    await Promise.all(Array.from({ length: 20 }, publish));
    await waitForStates(installation.knex, { subscriptionId, states: { delivered: 20 } });
    const [consignment] = await waitFor(
      async () => {
        const found = await listWorkflows(node.client, "WorkflowType='consignment'");
        return found.length > 0 ? found : undefined;
      },
      { what: 'a consignment' },
    );
    return node.client.workflow.getHandle(consignment?.workflowId ?? '');
  },
  async lane_drained() {
    return (await orderedLane('drained', { delayMs: 10 })).handle;
  },
  async lane_held_and_released() {
    const { handle } = await orderedLane('held', {}, { historyRequired: true });
    await waitForStanding(handle, 'awaiting_history');
    await handle.signal('historyProcessed');
    return handle;
  },
  async lane_failed_stopped_activated() {
    const { handle } = await orderedLane('failed', (hit) => ({ status: hit <= 2 ? 503 : 200 }), { retry: [1] });
    await waitForStanding(handle, 'stopped');
    await handle.signal('activate');
    return handle;
  },
  async lane_stopped_by_hand() {
    const { handle } = await orderedLane('by_hand', (hit) => ({ status: hit === 1 ? 503 : 200 }));
    await waitForStanding(handle, 'retrying');
    await handle.signal('stop');
    await waitForStanding(handle, 'stopped');
    await handle.signal('activate');
    return handle;
  },
  async lane_repushed() {
    const { subscriptionId, topic, handle } = await orderedLane('repushed', {});
    await waitForStates(installation.knex, { subscriptionId, states: { delivered: 3 } });
    await waitForWorkflow(node.client, { workflowId: handle.workflowId, status: 'COMPLETED' });
    await node.activate([await node.laneId({ subscriptionId, topic })], { since: new Date(0) });
    await waitForStates(installation.knex, { subscriptionId, states: { delivered: 6 } });
    return handle;
  },
  async lane_paused_and_resumed() {
    const { subscriptionId, publish } = await subscribe('resumed', { delayMs: 10 }, { maxInFlight: 1 });
    await node.pause(subscriptionId);
    await Promise.all(Array.from({ length: 10 }, publish));
    const handle = node.client.workflow.getHandle(laneWorkflow(subscriptionId));
    await waitForStanding(handle, 'paused');
    await node.resume(subscriptionId);
    return handle;
  },
  async lane_waited() {
    const later = { retry: [2], maxInFlight: 100 };
    const { subscriptionId, publish } = await subscribe('later', (hit) => ({ status: hit <= 120 ? 400 : 200 }), later);
    await node.pause(subscriptionId);
    await Promise.all(Array.from({ length: 120 }, publish));
    await node.resume(subscriptionId);
    return node.client.workflow.getHandle(laneWorkflow(subscriptionId));
  },
  async lane_sick_and_recovered() {
    const { subscriptionId, publish } = await subscribe('sick', { status: 503 }, { retry: [3600] });
    for (let attempts = 1; attempts <= 5; attempts++) {
      await publish();
      await receiver.waitForHits('/sick', attempts);
    }
    await waitForLane(installation.knex, { subscriptionId, topic: '' }, { state: 'sick' });
    const handle = node.client.workflow.getHandle(laneWorkflow(subscriptionId));
    await Promise.all(Array.from({ length: 10 }, publish));
    await waitForStanding(handle, 'sick');
    receiver.on('/sick', {});
    await handle.signal('activate');
    return handle;
  },
  retention: () =>
    node.client.workflow.start('retention', { workflowId: 'retention', taskQueue: TASK_QUEUE, args: [] }),
  reconcile: () =>
    node.client.workflow.start('reconcile', { workflowId: 'reconcile', taskQueue: TASK_QUEUE, args: [] }),
  async reconcile_found() {
    const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/overdue') });
    await installation
      .knex('lanes')
      .where({ subscription_id: subscriptionId })
      .update({ due_by: new Date(0) });
    return node.client.workflow.start('reconcile', { workflowId: 'found', taskQueue: TASK_QUEUE, args: [] });
  },
};

test.each(Object.keys(SCENARIOS))('%s: what has just run replays', async (name) => {
  const handle = await SCENARIOS[name]?.();
  if (!handle) throw new Error('no such scenario');
  const { workflowId } = handle;
  await waitForWorkflow(node.client, { workflowId, status: name === 'delivery_exhausted' ? 'FAILED' : 'COMPLETED' });
  await replayAndKeep({ name, workflowId, address: testServers().temporalAddress, namespace: installation.namespace });
});

test('a lane that continues as new: both runs replay', async () => {
  const temporal = await startServerOfShortHistories(20);
  const { address } = temporal;
  const on = await installation.startNode({ temporalAddress: address, namespace: 'default' });
  try {
    const { handle } = await orderedLane('continued', (hit) => ({ status: hit === 1 ? 410 : 200 }), { on });
    const { workflowId } = handle;
    const runs = () => listWorkflows(on.client, `WorkflowId='${workflowId}'`);
    await waitFor(
      async () => {
        await handle.signal('wake');
        return (await runs()).length > 1 || undefined;
      },
      { what: 'a run after the first' },
    );
    await handle.signal('activate');
    await waitForWorkflow(on.client, { workflowId, status: 'COMPLETED' });
    const [first] = (await runs()).filter(({ status }) => status.name === 'CONTINUED_AS_NEW').slice(-1);
    const last = await handle.describe();
    const from = { workflowId, address, namespace: 'default' };
    await replayAndKeep({ name: 'lane_continued_as_new', runId: first?.runId, ...from });
    await replayAndKeep({ name: 'lane_continuing', runId: last.runId, ...from });
  } finally {
    await on.stop();
    await temporal.teardown();
  }
});

test('lane_looked_again: a lane that was asked to cancel, and the run that looks, replay', async () => {
  const { handle } = await orderedLane('asked', (hit) => ({ status: hit === 1 ? 503 : 200 }));
  await waitForStanding(handle, 'retrying');
  await handle.cancel();
  const { workflowId } = handle;
  const continued = () => listWorkflows(node.client, `WorkflowId='${workflowId}' AND ExecutionStatus='ContinuedAsNew'`);
  const first = await waitFor(async () => (await continued())[0], { what: 'a run after the first' });
  const from = { workflowId, address: testServers().temporalAddress, namespace: installation.namespace };
  await replayAndKeep({ name: 'lane_looked_again', runId: first.runId, ...from });
});

test('fan_out: one that another worker goes on with replays', async () => {
  const own = await startInstallation();
  try {
    const fanOut = { atOnce: 2, page: 4 };
    const first = await own.startNode({ fanOut });
    receiver.on('/fan_out/3', { delayMs: 5000 });
    for (let i = 0; i < 12; i++) await first.subscribe({ callbackUrl: receiver.url(`/fan_out/${i}`) });
    const { eventId } = await first.publish();
    await receiver.waitForHits('/fan_out/3', 1);
    await first.stop();
    const second = await own.startNode({ fanOut });
    const workflowId = fanOutWorkflowId({ eventId, tenantId: TENANT, topic: 'gs' });
    await waitForWorkflow(second.client, { workflowId, status: 'COMPLETED', timeoutMs: 40_000 });
    const { temporalAddress: address } = testServers();
    await replayAndKeep({ name: 'fan_out', workflowId, address, namespace: own.namespace });
  } finally {
    await own.stop();
  }
});

interface Run {
  workflowId: string;
  /** Default: the last one. */
  runId?: string;
  address: string;
  namespace: string;
}

async function replayAndKeep({ name, ...run }: Run & { name: string }): Promise<void> {
  const history = await exportHistory(run);
  await Worker.runReplayHistory(await workflowBundle(), JSON.parse(history), run.workflowId);
  writeFileSync(join(KEEP_IN, `${name}_${version}.json`), `${history}\n`);
}

/** As operators export it; without what only says who recorded it and where. */
async function exportHistory({ workflowId, runId, address, namespace }: Run): Promise<string> {
  const { cliPath } = testServers();
  const which = ['--workflow-id', workflowId, ...(runId === undefined ? [] : ['--run-id', runId])];
  const show = ['workflow', 'show', ...which, '--output', 'json', '--address', address, '--namespace', namespace];
  const { stdout } = await promisify(execFile)(cliPath, show, { maxBuffer: 64 * 1024 * 1024 });
  const kept = JSON.parse(stdout, (key, value) => {
    if (key === 'stackTrace') return '';
    // The sticky queue of a worker is named after it.
    return key === 'identity' || (key === 'name' && /^\d+@/.test(value)) ? 'worker' : value;
  });
  return JSON.stringify(kept, null, 1);
}
