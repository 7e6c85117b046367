import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { version } from '../../../package.json';
import { TASK_QUEUE } from '../../../src/contracts/ids';
import { type Installation, startInstallation, waitFor, workflowBundle } from '../../support/engine';
import { type Behaviour, type Receiver, startReceiver } from '../../support/receiver';
import { testServers } from '../../support/servers';
import { deliveriesOf, waitForDelivery, waitForStates } from './rows';
import { listWorkflows, waitForWorkflow } from './workflows';

jest.setTimeout(60_000);

/** Histories of a new shape are kept, under the version that wrote them: RECORD_HISTORIES=1, then look at the diff. */
const KEEP_IN =
  process.env.RECORD_HISTORIES === '1'
    ? join(__dirname, '..', '..', 'replay', 'histories')
    : join(testServers().runDir, 'histories');

let installation: Installation;
let receiver: Receiver;
let node: Awaited<ReturnType<Installation['startNode']>>;

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

async function subscribe(
  name: string,
  behaviour: Behaviour,
  settings: { retry?: number[]; maxInFlight?: number } = {},
) {
  const topic = name;
  const path = `/${name}`;
  receiver.on(path, behaviour);
  await installation.knex('topics').insert({ topic, name });
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url(path), topics: [topic], ...settings });
  return { subscriptionId, publish: () => node.publish({ topic }) };
}

/** One event to one receiver. */
async function deliver(name: string, behaviour: Behaviour, retry = [1]) {
  const { subscriptionId, publish } = await subscribe(name, behaviour, { retry });
  await publish();
  const [delivery] = await deliveriesOf(installation.knex, subscriptionId);
  if (!delivery) throw new Error('no delivery');
  return { subscriptionId, handle: node.client.workflow.getHandle(`delivery/${delivery.id}`) };
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
    const { subscriptionId, publish } = await subscribe('lane', { delayMs: 10 }, { maxInFlight: 1 });
    await node.pause(subscriptionId);
    await Promise.all(Array.from({ length: 10 }, publish));
    await node.resume(subscriptionId);
    return node.client.workflow.getHandle(`lane/${subscriptionId}`);
  },
  async lane_waited() {
    const { subscriptionId, publish } = await subscribe('later', (hit) => ({ status: hit <= 120 ? 503 : 200 }), {
      retry: [2],
      maxInFlight: 100,
    });
    await node.pause(subscriptionId);
    await Promise.all(Array.from({ length: 120 }, publish));
    await node.resume(subscriptionId);
    return node.client.workflow.getHandle(`lane/${subscriptionId}`);
  },
  retention: () =>
    node.client.workflow.start('retention', { workflowId: 'retention', taskQueue: TASK_QUEUE, args: [] }),
  reconcile: () =>
    node.client.workflow.start('reconcile', { workflowId: 'reconcile', taskQueue: TASK_QUEUE, args: [] }),
};

test.each(Object.keys(SCENARIOS))('%s: what has just run replays', async (name) => {
  const handle = await SCENARIOS[name]?.();
  if (!handle) throw new Error('no such scenario');
  const { workflowId } = handle;
  await waitForWorkflow(node.client, { workflowId, status: name === 'delivery_exhausted' ? 'FAILED' : 'COMPLETED' });
  const history = await exportHistory(workflowId);
  await Worker.runReplayHistory(await workflowBundle(), JSON.parse(history), workflowId);
  writeFileSync(join(KEEP_IN, `${name}_${version}.json`), `${history}\n`);
});

/** As operators export it; without what only says who recorded it and where. */
async function exportHistory(workflowId: string): Promise<string> {
  const { cliPath, temporalAddress } = testServers();
  const connection = ['--address', temporalAddress, '--namespace', installation.namespace];
  const show = ['workflow', 'show', '--workflow-id', workflowId, '--output', 'json', ...connection];
  const { stdout } = await promisify(execFile)(cliPath, show, { maxBuffer: 64 * 1024 * 1024 });
  const kept = JSON.parse(stdout, (key, value) => {
    if (key === 'stackTrace') return '';
    // The sticky queue of a worker is named after it.
    return key === 'identity' || (key === 'name' && /^\d+@/.test(value)) ? 'worker' : value;
  });
  return JSON.stringify(kept, null, 1);
}
