import { waitFor } from '../../src/embedded/processes';
import { makeAccount, must } from '../support/api';
import { type Exit, embeddedServers, newDataDir, startProduct } from '../support/product';
import { type Receiver, startReceiver } from '../support/receiver';
import {
  arrivedPlaces,
  expectPublishersOrder,
  makeOrderedLane,
  places,
  publishInTurns,
  waitForLane,
} from './lanesSetup';

jest.setTimeout(180_000);

const HELD = 10_000;
const KILLED_AT = HELD / 2;
/** Acknowledged but not written, the one under way at the kill included. */
const MAX_REPEATED = 100;
/** The hold of who died runs out after 16 s, Temporal asks another 30 s after its last heartbeat. */
const GOES_ON_WITHIN_MS = 100_000;

let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
});

afterAll(() => receiver.stop());

test('kill -9 of everything halfway through the release of 10,000 held events: all arrive, in order', async () => {
  const dataDir = newDataDir();
  const env = { RATE_LIMIT_PER_KEY: '100000' };
  const first = await startProduct({ dataDir, env });
  const account = await makeAccount(first);
  const { topic, operator, producer, subscriber } = account;
  const lane = await makeOrderedLane(account, {
    callbackUrl: receiver.url('/hook'),
    historyRequired: true,
    timeoutMs: 1000,
  });
  await publishInTurns(Array(50).fill(producer), { topic, count: HELD });
  await waitForLane(operator, { laneId: lane.laneId, state: 'awaiting_history', waiting: HELD });
  expect(receiver.hits('/hook')).toHaveLength(0);

  const { pids } = embeddedServers(dataDir);
  const killed = new Promise<Exit>((resolve, reject) => {
    receiver.on('/hook', (hit) => {
      if (hit === KILLED_AT) {
        for (const pid of pids) process.kill(pid, 'SIGKILL');
        first.kill9().then(resolve, reject);
      }
      return {};
    });
  });
  await must(subscriber, 'POST', `/v1/lanes/${lane.laneId}/historyProcessed`);
  expect(await killed).toEqual({ code: null, signal: 'SIGKILL' });

  const second = await startProduct({ dataDir, env });
  const { databaseUrl } = embeddedServers(dataDir);
  const arrived = () => new Set(receiver.hits('/hook').map(({ headers }) => headers['webhook-id'])).size;
  expect(await waitFor({ condition: async () => arrived() >= HELD, timeoutMs: GOES_ON_WITHIN_MS })).toBe(true);
  await waitForLane({ ...operator, url: second.url }, { laneId: lane.laneId, state: 'idle', waiting: 0 });

  const came = await arrivedPlaces(receiver.hits('/hook'), { databaseUrl, ...lane, topic });
  // What was sent after the kill begins with what was not written before it.
  expect(came.slice(0, KILLED_AT)).toEqual(places(KILLED_AT));
  const repeated = came.length - HELD;
  expect(repeated).toBeGreaterThanOrEqual(0);
  expect(repeated).toBeLessThanOrEqual(MAX_REPEATED);
  expect(came.slice(KILLED_AT)).toEqual(places(HELD).slice(KILLED_AT - repeated));
  const keys = receiver.hits('/hook').map(({ body }) => String(JSON.parse(body).data.key));
  expectPublishersOrder([...new Set(keys)]);
  expect(await second.stop()).toEqual({ code: 0, signal: null });
});
