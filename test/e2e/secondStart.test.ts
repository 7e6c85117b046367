import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeProcess, waitFor } from '../../src/embedded/processes';
import { type Account, listDeliveries, makeAccount, makeSubscription, publish } from '../support/api';
import { NPM_START, newDataDir, type Product, startProduct } from '../support/product';
import { startReceiver } from '../support/receiver';

jest.setTimeout(120_000);

/** What a person at the terminal reads. */
const UP = /API +http:.*\n.*API docs +http:.*\n.*Temporal UI +http:.*\n.*Operator key +\/.*operator\.key/;

/** The embedded servers' own processes. */
function serverPids(dataDir: string): number[] {
  const temporal: { pid: number } = JSON.parse(readFileSync(join(dataDir, 'temporal', 'process.json'), 'utf8'));
  const postmaster = readFileSync(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8');
  return [temporal.pid, Number.parseInt(postmaster, 10)];
}

/** On Linux, whatever else has the folder among its arguments. */
function processesOf(dataDir: string): string[] {
  if (process.platform !== 'linux') return [];
  const commandLines = readdirSync('/proc').flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : [];
    } catch {
      return [];
    }
  });
  return commandLines.filter((commandLine) => commandLine.includes(dataDir));
}

async function waitUntilGone(pids: number[]): Promise<void> {
  const areGone = async () => (await Promise.all(pids.map(describeProcess))).every((found) => found === null);
  expect(await waitFor({ condition: areGone, timeoutMs: 10_000 })).toBe(true);
}

/** The same account at the next start, whose API has another port. */
function at(product: Product, account: Account): Account {
  const move = ({ key }: { key: string }) => ({ key, url: product.url });
  const { producer, subscriber, operator } = account;
  return { ...account, producer: move(producer), subscriber: move(subscriber), operator: move(operator) };
}

async function waitForDeliveries(account: Account, { state, count }: { state: string; count: number }) {
  const find = () => listDeliveries(account, { state });
  const found = await waitFor({ condition: async () => (await find()).length >= count && find(), timeoutMs: 40_000 });
  if (!found) throw new Error(`not ${count} ${state}: ${JSON.stringify(await listDeliveries(account))}`);
  return found;
}

test('everything embedded carries on after kill -9 of everything, and after Ctrl-C', async () => {
  const dataDir = newDataDir();
  const down = await startReceiver();
  const callbackUrl = down.url('/hook');
  await down.stop();

  const first = await startProduct({ dataDir, script: NPM_START });
  expect(await waitFor({ condition: async () => UP.test(first.stderr()), timeoutMs: 5_000 })).toBe(true);
  const account = await makeAccount(first);
  await makeSubscription(account, { callbackUrl, retry: Array.from({ length: 50 }, () => 2) });
  const published = [await publish(account), await publish(account), await publish(account)];
  const hasFailedOnce = async () => (await listDeliveries(account)).every(({ attempts }) => attempts.length > 0);
  expect(await waitFor({ condition: hasFailedOnce, timeoutMs: 10_000 })).toBe(true);

  const pids = serverPids(dataDir);
  await first.kill9();
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await waitUntilGone(pids);

  const receiver = await startReceiver({ port: down.port });
  const second = await startProduct({ dataDir });
  expect(second.operatorKey).toBe(first.operatorKey);
  const again = at(second, account);
  await waitForDeliveries(again, { state: 'delivered', count: 3 });
  expect(
    receiver
      .hits('/hook')
      .map(({ body }) => JSON.parse(body).data.id)
      .sort(),
  ).toEqual(published.sort());

  // Ctrl-C while an attempt is under way: it ends first, and its outcome counts.
  receiver.on('/hook', { delayMs: 2_000 });
  await publish(again);
  await receiver.waitForHits('/hook', 4);
  const secondPids = serverPids(dataDir);
  expect(await second.stop('SIGINT')).toEqual({ code: 0, signal: null });
  expect(second.lines.filter(({ event }) => event === 'stop.failed')).toEqual([]);
  await waitUntilGone(secondPids);
  expect(processesOf(dataDir)).toEqual([]);

  const third = await startProduct({ dataDir });
  const [newest] = await waitForDeliveries(at(third, account), { state: 'delivered', count: 4 });
  expect(newest).toMatchObject({ state: 'delivered', attempts: [{ number: 1, statusCode: 200 }] });
  expect(receiver.hits('/hook')).toHaveLength(4);
  expect((await third.stop('SIGTERM')).code).toBe(0);
  await receiver.stop();
  expect(processesOf(dataDir)).toEqual([]);
});
