import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, listDeliveries, makeAccount, makeSubscription, publish } from '../support/api';
import { createTestDatabase } from '../support/postgres';
import { externalServers, newDataDir, type Product, startProduct } from '../support/product';
import { type Receiver, startReceiver } from '../support/receiver';
import { takeNamespace } from '../support/temporal';

jest.setTimeout(120_000);

const GRACE_S = 10;
const HANGING = 20;
const TIMEOUT_MS = 60_000;

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let receiver: Receiver;
let env: Record<string, string>;
let dataDir: string;

beforeEach(async () => {
  database = await createTestDatabase();
  receiver = await startReceiver();
  dataDir = newDataDir();
  env = {
    ...externalServers({ databaseUrl: database.url, namespace: takeNamespace() }),
    SHUTDOWN_GRACE_S: String(GRACE_S),
  };
});

afterEach(async () => {
  await receiver?.stop();
  await database?.drop();
});

/** Each has one delivery whose first call is never answered; the second one is, at once. */
async function hang(account: Account): Promise<void> {
  for (let number = 0; number < HANGING; number++) {
    const path = `/hang-${number}`;
    receiver.on(path, (hit) => (hit === 1 ? 'hang' : { status: 200 }));
    // The last one is pushed by its lane, one at a time.
    const ordered = number === HANGING - 1 ? { ordered: true, historyRequired: false } : {};
    await makeSubscription(account, {
      callbackUrl: receiver.url(path),
      timeoutMs: TIMEOUT_MS,
      retry: number % 2 === 0 ? [] : 'gateway',
      ...ordered,
    });
  }
  await publish(account);
  for (let number = 0; number < HANGING; number++) {
    await receiver.waitForHits(`/hang-${number}`, 1, { timeoutMs: 30_000 });
  }
}

async function endsClean(product: Product): Promise<void> {
  const askedAt = performance.now();
  const exit = await product.stop('SIGTERM');
  const tookS = (performance.now() - askedAt) / 1000;
  const failed = product.lines.filter(({ event }) => event === 'stop.failed' || event === 'worker.failed');
  expect({ ...exit, failed }).toEqual({ code: 0, signal: null, failed: [] });
  expect(tookS).toBeLessThan(GRACE_S);
}

/** Far sooner than the claims of the first calls would have run out, and no policy is used up by it. */
async function everythingArrives(account: Account): Promise<void> {
  for (let number = 0; number < HANGING; number++) {
    await receiver.waitForHits(`/hang-${number}`, 2, { timeoutMs: TIMEOUT_MS / 2 });
  }
  let pending = -1;
  for (const endsAt = Date.now() + 10_000; pending !== 0 && Date.now() < endsAt; await sleep(100)) {
    pending = (await listDeliveries(account, { state: 'pending' })).length;
  }
  const deliveries = await listDeliveries(account);
  expect(deliveries.map(({ state }) => state)).toEqual(Array(HANGING).fill('delivered'));
  for (const { attempts } of deliveries) {
    expect(attempts.map(({ error }: { error: string | null }) => error)).toEqual([
      expect.stringMatching(/handed over/),
      null,
    ]);
  }
  for (let number = 0; number < HANGING; number++) expect(receiver.hits(`/hang-${number}`)).toHaveLength(2);
}

test('SIGTERM of a worker with hanging calls: it ends clean in time, and another one makes these calls again', async () => {
  const api = await startProduct({ env: { ...env, ROLE: 'api' }, dataDir });
  const worker = await startProduct({ env: { ...env, ROLE: 'worker' }, dataDir });
  const account = await makeAccount(api);
  await hang(account);
  const other = await startProduct({ env: { ...env, ROLE: 'worker' }, dataDir });
  await endsClean(worker);
  await everythingArrives(account);
  await Promise.all([endsClean(api), endsClean(other)]);
});

test('SIGTERM of a process that is alone: the next one makes the calls that it handed over', async () => {
  const first = await startProduct({ env, dataDir });
  await hang(await makeAccount(first));
  await endsClean(first);
  const next = await startProduct({ env, dataDir });
  const operator = { url: next.url, key: next.operatorKey };
  await everythingArrives({ subscriber: operator } as Account);
  await endsClean(next);
});

test('SIGTERM of an API: /readyz fails at once, calls are answered until the drain is over, and end their connections', async () => {
  const api = await startProduct({ env: { ...env, ROLE: 'api', SHUTDOWN_GRACE_S: '20', DRAIN_S: '10' }, dataDir });
  const account = await makeAccount(api);
  const exit = api.stop('SIGTERM');
  await api.waitForLog(({ event }) => event === 'stopping');
  const readyz = await fetch(`${api.url}/readyz`);
  expect(readyz.status).toBe(503);
  expect(readyz.headers.get('connection')).toBe('close');
  expect(await readyz.json()).toMatchObject({ ok: false, process: { ok: false, detail: 'it stops' } });
  expect(await publish(account)).not.toBe('');
  expect(await exit).toEqual({ code: 0, signal: null });
});
