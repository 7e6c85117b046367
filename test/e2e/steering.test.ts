import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../src/embedded/processes';
import {
  type Account,
  type Caller,
  listDeliveries,
  makeAccount,
  makeSubscription,
  must,
  publish,
} from '../support/api';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { externalServers, newDataDir, type Product, startProduct } from '../support/product';
import { type Receiver, startReceiver } from '../support/receiver';
import { takeNamespace } from '../support/temporal';

jest.setTimeout(120_000);

const EVENTS = 4;
/** The promise for every process but the one that has answered. */
const OTHERS_FOLLOW_WITHIN_MS = 1000;

let database: TestDatabase;
let receiver: Receiver;
/** Makes the calls; the other one answers the steering. */
let sender: Product;
let other: Product;

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await startReceiver();
  const dataDir = newDataDir();
  const env = externalServers({ databaseUrl: database.url, namespace: takeNamespace() });
  sender = await startProduct({ dataDir, env });
  other = await startProduct({ dataDir, env: { ...env, ROLE: 'api' } });
});

afterAll(async () => {
  await sender?.stop();
  await other?.stop();
  await receiver?.stop();
  await database?.drop();
});

interface Queue {
  account: Account;
  /** The app's key, at the other process. */
  elsewhere: Caller;
  subscriptionId: string;
  path: string;
  release(): void;
}

let made = 0;

/** One call is under way, and the other deliveries wait for their turn in the same process. */
async function makeQueue(): Promise<Queue> {
  const account = await makeAccount(sender);
  const path = `/queue-${++made}`;
  let release = () => undefined as undefined;
  const released = new Promise<void>((resolve) => {
    release = () => void resolve();
  });
  receiver.on(path, { after: released });
  const { id } = await makeSubscription(account, { callbackUrl: receiver.url(path), maxInFlight: 1 });
  for (let count = 0; count < EVENTS; count++) await publish(account);
  await receiver.waitForHits(path, 1);
  return { account, elsewhere: { ...account.subscriber, url: other.url }, subscriptionId: id, path, release };
}

/** What an event needs that comes after all of the queue's own doings: its delivery through the same process. */
async function letPass({ account }: Queue): Promise<void> {
  const path = `/witness-${made}`;
  const topic = `witness-${account.topic}`;
  await must(account.operator, 'PUT', `/v1/topics/${topic}`, { name: topic, historyRequired: false });
  await makeSubscription(account, { callbackUrl: receiver.url(path), topics: [topic] });
  await publish(account, { event_topic: topic });
  await receiver.waitForHits(path, 1, { timeoutMs: 20_000 });
}

async function waitForStates({ account, subscriptionId }: Queue, states: string[]): Promise<void> {
  const read = async () => (await listDeliveries(account, { subscriptionId })).map(({ state }) => state).sort();
  const condition = async () => (await read()).join() === [...states].sort().join();
  if (!(await waitFor({ condition, timeoutMs: 30_000 }))) throw new Error(`they are ${await read()}`);
}

const firstAttempted = ({ subscriptionId }: Queue) =>
  sender.waitForLog((line) => line.event === 'delivery.attempted' && line.subscriptionId === subscriptionId, {
    timeoutMs: 20_000,
  });

test('a second after another process has answered a pause nothing more is sent, and after resume nothing is missing', async () => {
  const queue = await makeQueue();
  await must(queue.elsewhere, 'POST', `/v1/subscriptions/${queue.subscriptionId}/pause`);
  await sleep(OTHERS_FOLLOW_WITHIN_MS);
  queue.release();
  await firstAttempted(queue);
  await letPass(queue);
  expect(receiver.hits(queue.path)).toHaveLength(1);
  await must(queue.elsewhere, 'POST', `/v1/subscriptions/${queue.subscriptionId}/resume`);
  await waitForStates(queue, Array(EVENTS).fill('delivered'));
  expect(receiver.hits(queue.path)).toHaveLength(EVENTS);
});

test('a process that was suspended while another one has deleted the subscription sends nothing more of it when it wakes up', async () => {
  const queue = await makeQueue();
  process.kill(sender.pid, 'SIGSTOP');
  try {
    await must(queue.elsewhere, 'DELETE', `/v1/subscriptions/${queue.subscriptionId}`);
    await sleep(OTHERS_FOLLOW_WITHIN_MS);
    // Its answer is the first thing that the process finds when it wakes up, before any poll can be answered.
    queue.release();
  } finally {
    process.kill(sender.pid, 'SIGCONT');
  }
  await firstAttempted(queue);
  await letPass(queue);
  await waitForStates(queue, Array(EVENTS).fill('cancelled'));
  expect(receiver.hits(queue.path)).toHaveLength(1);
});
