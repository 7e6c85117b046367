import { waitFor } from '../../src/embedded/processes';
import { type Account, makeAccount } from '../support/api';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { externalServers, newDataDir, type Product, startProduct } from '../support/product';
import { type Receiver, startReceiver } from '../support/receiver';
import { takeNamespace } from '../support/temporal';
import { arrivedPlaces, makeOrderedLane, type OrderedLane, places, publishInTurns, waitForLane } from './lanesSetup';
import { startTemporalWay, type TemporalWay } from './temporalWay';
import { attemptedBy, query } from './topologySetup';

jest.setTimeout(180_000);

const EVENTS = 150;
/** The attempt that is under way when its worker is suspended. */
const SUSPENDED_AT = 40;
/** Long enough for all before it to be written and the worker to be suspended while it is under way. */
const UNDER_WAY_MS = 3000;
const TIMEOUT_MS = 5000;
/** The hold runs out 15 s and the attempt's timeout after its last renewal; Temporal asks another 30 s after a heartbeat. */
const TAKEN_OVER_WITHIN_MS = 75_000;

interface Worker {
  product: Product;
  temporal: TemporalWay;
}

let database: TestDatabase;
let receiver: Receiver;
let api: Product;
let account: Account;
const workers: Worker[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await startReceiver();
  const dataDir = newDataDir();
  const env = externalServers({ databaseUrl: database.url, namespace: takeNamespace() });
  api = await startProduct({ dataDir, env: { ...env, ROLE: 'api' } });
  for (let count = 0; count < 2; count++) {
    const temporal = await startTemporalWay();
    const product = await startProduct({
      dataDir,
      env: { ...env, ROLE: 'worker', TEMPORAL_ADDRESS: temporal.address },
    });
    workers.push({ product, temporal });
  }
  account = await makeAccount(api);
});

afterAll(async () => {
  for (const { product, temporal } of workers) {
    process.kill(product.pid, 'SIGCONT');
    await product.stop();
    await temporal.stop();
  }
  await api?.stop();
  await receiver?.stop();
  await database?.drop();
});

async function waitForHits(count: number, timeoutMs: number): Promise<void> {
  const condition = async () => receiver.hits('/hook').length >= count;
  if (await waitFor({ condition, timeoutMs })) return;
  throw new Error(`${receiver.hits('/hook').length} of ${count} have arrived`);
}

async function waitUntilWritten({ subscriptionId }: OrderedLane, count: number): Promise<void> {
  const condition = async () => {
    const [row] = await query<{ count: number }>(
      database.url,
      `SELECT count(*)::int FROM deliveries WHERE subscription_id = '${subscriptionId}' AND state = 'delivered'`,
    );
    return row?.count === count;
  };
  expect(await waitFor({ condition, timeoutMs: UNDER_WAY_MS })).toBe(true);
}

function pusherOf({ subscriptionId }: OrderedLane): { pusher: Worker; successor: Worker } {
  const [first, second] = workers;
  if (!first || !second) throw new Error('no workers');
  const isFirst = attemptedBy(first.product, subscriptionId).length > 0;
  return isFirst ? { pusher: first, successor: second } : { pusher: second, successor: first };
}

test('a worker that is suspended in the middle of a batch pushes nothing more when it wakes up after its successor', async () => {
  // The one before it lasts so long that its outcome is written at once, with all before.
  const delaysMs = new Map([
    [SUSPENDED_AT - 1, 1500],
    [SUSPENDED_AT, UNDER_WAY_MS],
  ]);
  receiver.on('/hook', (hit) => ({ delayMs: delaysMs.get(hit) ?? 50 }));
  const lane = await makeOrderedLane(account, { callbackUrl: receiver.url('/hook'), timeoutMs: TIMEOUT_MS });
  const { subscriptionId, laneId } = lane;
  const { topic, producer, operator } = account;
  await publishInTurns(Array(5).fill(producer), { topic, count: EVENTS });

  await waitForHits(SUSPENDED_AT, 30_000);
  await waitUntilWritten(lane, SUSPENDED_AT - 1);
  const { pusher, successor } = pusherOf(lane);
  process.kill(pusher.product.pid, 'SIGSTOP');
  // To Temporal it is gone: else the successor's task might be handed to it, and lie there until it times out.
  pusher.temporal.cut();
  expect(receiver.hits('/hook')).toHaveLength(SUSPENDED_AT);
  expect(attemptedBy(successor.product, subscriptionId)).toEqual([]);

  await waitForHits(SUSPENDED_AT + 20, TAKEN_OVER_WITHIN_MS);
  process.kill(pusher.product.pid, 'SIGCONT');
  const hasEnded = async () => attemptedBy(pusher.product, subscriptionId).length >= SUSPENDED_AT;
  expect(await waitFor({ condition: hasEnded, timeoutMs: 10_000 })).toBe(true);

  await waitForHits(EVENTS + 1, 30_000);
  await waitForLane(operator, { laneId, state: 'idle', waiting: 0 });
  const isReady = async () => (await fetch(`${pusher.product.url}/readyz`)).ok;
  expect(await waitFor({ condition: isReady, timeoutMs: 20_000 })).toBe(true);
  expect(attemptedBy(pusher.product, subscriptionId)).toHaveLength(SUSPENDED_AT);
  expect(attemptedBy(successor.product, subscriptionId)).toHaveLength(EVENTS - SUSPENDED_AT + 1);
  const came = await arrivedPlaces(receiver.hits('/hook'), { databaseUrl: database.url, subscriptionId, topic });
  expect(came).toEqual([...places(SUSPENDED_AT), ...places(EVENTS).slice(SUSPENDED_AT - 1)]);
});
