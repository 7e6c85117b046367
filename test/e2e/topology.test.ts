import { readdirSync } from 'node:fs';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/searchAttributes';
import { waitFor } from '../../src/embedded/processes';
import { type Account, listDeliveries, makeAccount, makeSubscription, publish } from '../support/api';
import { createTestDatabase } from '../support/postgres';
import { externalServers, startProduct } from '../support/product';
import { startReceiver } from '../support/receiver';
import { takeNamespace } from '../support/temporal';
import { attemptedBy, query, searchAttributesOf, startTopology, type Topology } from './topologySetup';

jest.setTimeout(90_000);

let topology: Topology;

beforeAll(async () => {
  topology = await startTopology();
});

afterAll(async () => {
  if (!topology) return;
  const ended = { code: 0, signal: null };
  expect(await topology.stop()).toEqual([ended, ended, ended]);
});

async function waitForDelivered(account: Account, subscriptionId: string, count: number) {
  const delivered = () => listDeliveries(account, { subscriptionId, state: 'delivered' });
  const found = await waitFor({
    condition: async () => (await delivered()).length >= count && delivered(),
    timeoutMs: 30_000,
  });
  if (!found)
    throw new Error(`not all are delivered: ${JSON.stringify(await listDeliveries(account, { subscriptionId }))}`);
  return found;
}

test('an empty namespace gets the search attributes, and nothing embedded is started', async () => {
  const { api, workers, namespace } = topology;
  const areThere = async () => (await searchAttributesOf(namespace)).length === Object.keys(SEARCH_ATTRIBUTES).length;
  expect(await waitFor({ condition: areThere, timeoutMs: 20_000 })).toBe(true);
  for (const { dataDir } of [api, ...workers]) expect(readdirSync(dataDir)).toEqual([]);
  expect(api.stderr()).not.toContain('Temporal UI');
});

test('each process says how it is, as docker-compose.yml asks it: the workers too', async () => {
  for (const { url } of [topology.api, ...topology.workers]) {
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    const isReady = async () => (await fetch(`${url}/readyz`)).ok;
    expect(await waitFor({ condition: isReady, timeoutMs: 20_000 })).toBe(true);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('postrider_');
  }
});

test('the API accepts, the workers deliver, both of them, each event once', async () => {
  const { api, workers, account, receiver } = topology;
  const { id } = await makeSubscription(account, { callbackUrl: receiver.url('/each') });
  const published = [];
  for (let count = 0; count < 40; count++) published.push(await publish(account));

  const hits = await receiver.waitForHits('/each', published.length, { timeoutMs: 30_000 });
  expect(hits.map(({ body }) => JSON.parse(body).data.id).sort()).toEqual(published.sort());
  await waitForDelivered(account, id, published.length);
  expect(attemptedBy(api, id)).toEqual([]);
  for (const worker of workers) expect(attemptedBy(worker, id).length).toBeGreaterThan(0);
});

test('a receiver that answers 200 after 8 s is called once: split roles', async () => {
  const { account, receiver } = topology;
  await expectOneCall(account, receiver);
});

test('a receiver that answers 200 after 8 s is called once: ROLE=all', async () => {
  const database = await createTestDatabase();
  const env = externalServers({ databaseUrl: database.url, namespace: takeNamespace() });
  const product = await startProduct({ env });
  const receiver = await startReceiver();
  await expectOneCall(await makeAccount(product), receiver);
  expect(await product.stop()).toEqual({ code: 0, signal: null });
  await receiver.stop();
  await database.drop();
});

async function expectOneCall(account: Account, receiver: Topology['receiver']): Promise<void> {
  receiver.on('/slow', { delayMs: 8_000 });
  const { id } = await makeSubscription(account, { callbackUrl: receiver.url('/slow') });
  await publish(account);
  const [delivery] = await waitForDelivered(account, id, 1);
  expect(delivery.attempts).toHaveLength(1);
  expect(delivery.attempts[0].durationMs).toBeGreaterThanOrEqual(8_000);
  expect(receiver.hits('/slow')).toHaveLength(1);
}

test('the workers share what a subscription allows to be in flight', async () => {
  const { account, receiver, workers, databaseUrl } = topology;
  const delayMs = 300;
  const maxInFlight = 4;
  receiver.on('/shared', { delayMs });
  // Each learns of the other at its next heartbeat.
  const startedAt = await query<{ now: Date }>(databaseUrl, 'SELECT now()');
  const haveBeaten = async () => {
    const rows = await query<{ seen_at: Date }>(databaseUrl, "SELECT seen_at FROM processes WHERE role = 'worker'");
    return rows.length === 2 && rows.every(({ seen_at }) => seen_at > (startedAt[0]?.now ?? 0));
  };
  expect(await waitFor({ condition: haveBeaten, timeoutMs: 15_000, intervalMs: 250 })).toBe(true);

  const { id } = await makeSubscription(account, { callbackUrl: receiver.url('/shared'), maxInFlight });
  for (let count = 0; count < 40; count++) await publish(account);
  const hits = await receiver.waitForHits('/shared', 40, { timeoutMs: 30_000 });
  expect(mostAtOnce(hits, delayMs)).toBeLessThanOrEqual(maxInFlight);
  for (const worker of workers) expect(attemptedBy(worker, id).length).toBeGreaterThan(0);
});

/** Of calls that each last `durationMs`. */
function mostAtOnce(hits: readonly { at: number }[], durationMs: number): number {
  return Math.max(...hits.map(({ at }) => hits.filter((other) => other.at <= at && at < other.at + durationMs).length));
}
