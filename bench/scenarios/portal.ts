import { PORTAL } from '../children/receiver';
import { atOnce } from '../stack/call';
import { makeHome } from '../stack/home';
import { watchMemory } from '../stack/memory';
import { addFaults, type Faults, faultsOf, largest } from './figures';
import { type Bench, newRunId, whenQuiet } from './run';

const USERS = 10_000;
const FEW = 1_000;
const PER_PAGE = 500;
const ROUNDS = 5;
const ARRIVE_WITHIN_MS = 60_000;
const APP = 'portal';
const TARGET_TYPE = 7;
const SUBSCRIBE = '/portal/api/v2/subscription/subscription';
const MEDIA_TYPE = 'application/vnd.api+json';

/** One event that so many users of one app have subscribed to. */
export interface PortalFigures {
  /** From the publish sent to the last page's arrival. */
  lastArrivalMs: number;
  /** The same for the few. */
  fewLastArrivalMs: number;
  /** The highest resident memory meanwhile, in MiB; null where it cannot be read. */
  memory: { few: number; all: number } | null;
  faults: Faults;
}

/** Events for a target that 10,000 users have subscribed to, and for one that 1,000 of them have, in turns. */
export async function portal(bench: Bench): Promise<PortalFigures[]> {
  const run = newRunId();
  const home = await makeHome(bench.api);
  await bench.api.operator('PUT', `/v1/target-types/${TARGET_TYPE}`, { name: 'Bench' });
  await home.addApp({ id: APP, callbackUrl: `${bench.receiverUrl}/${run}/${PORTAL}` });
  await atOnce(USERS, async (index) => {
    const user = await home.addUser({ appId: APP, subject: `user-${index}` });
    for (const target of index < FEW ? ['few', 'all'] : ['all']) {
      const attributes = { target_id: target, action: 'update', target_type: TARGET_TYPE };
      await user('POST', SUBSCRIBE, { data: { type: 'subscription--subscription', attributes } }, MEDIA_TYPE);
    }
  });

  const figures: PortalFigures[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const few = await publish(bench, { run, key: home.producerKey, target: 'few', users: FEW });
    const all = await publish(bench, { run, key: home.producerKey, target: 'all', users: USERS });
    figures.push({
      lastArrivalMs: all.lastArrivalMs,
      fewLastArrivalMs: few.lastArrivalMs,
      memory: few.memoryMiB !== null && all.memoryMiB !== null ? { few: few.memoryMiB, all: all.memoryMiB } : null,
      faults: addFaults([few.faults, all.faults]),
    });
  }
  return figures;
}

async function publish(bench: Bench, input: { run: string; key: string; target: string; users: number }) {
  const { api, driver, receiver, pids } = bench;
  const { run, key, target, users } = input;
  const pages = users / PER_PAGE;
  await whenQuiet(bench);
  const memory = pids && watchMemory(pids.ours);
  const arrived = receiver.call('waitFor', { run, count: pages, timeoutMs: ARRIVE_WITHIN_MS });
  const event = {
    ...{ event_source: 'bench', event_topic: String(TARGET_TYPE), event_type: 'update', event_status: '1' },
    changes: [target],
  };
  const published = await driver.call('one', { url: api.url, key, event });
  await arrived;
  await whenQuiet(bench);
  const samples = memory?.stop() ?? null;
  const received = await receiver.call('collect', { run });
  const faults = faultsOf({ published: [published], received, expected: pages, unfinished: [] });
  const told = received.reduce((sum, { recipients }) => sum + recipients, 0);
  return {
    lastArrivalMs: (largest(received.map(({ atUs }) => atUs)) - published.sentUs) / 1000,
    memoryMiB: samples && largest(samples.map(({ mib }) => mib)),
    // A user who is missing is as bad as a page.
    faults: { ...faults, missing: faults.missing + Math.abs(users - told) },
  };
}
