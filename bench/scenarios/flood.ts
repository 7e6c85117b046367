import { makeHome } from '../stack/home';
import { percentile } from '../statistics';
import { addFaults, type Faults, faultsOf } from './figures';
import { type Bench, inTurn, newRunId, whenQuiet } from './run';

/**
 * RATE_LIMIT_PER_KEY of the Postrider that this is measured on: what comes with one key beyond it is refused. Little, since
 * what the flooding key may publish is accepted beside the others'.
 */
export const FLOOD_RATE_LIMIT = 25;
const PER_SECOND = 20;
/** Some 1,000 of them over the limit. */
const FLOOD_PER_SECOND = 1_000 + FLOOD_RATE_LIMIT;
const ROUNDS = 5;
const FOR_S = 20;
const ARRIVE_WITHIN_MS = 60_000;
/** As many events as one of the other warm-up's bursts; of one key no more at once than its bucket holds. */
const WARM_UP_KEYS = 2_000 / (2 * FLOOD_RATE_LIMIT);

/** How long a publish takes until its answer. */
interface Answered {
  p50Ms: number;
  p99Ms: number;
}

export interface FloodFigures {
  alone: Answered;
  beside: Answered;
  /** 429 a second that the flooding key got. */
  refusedRate: number;
  faults: Faults;
}

/** 20 events/s of one producer, alone and beside another key's 1,000 calls a second over its limit; in turns. */
export async function flood(bench: Bench): Promise<FloodFigures[]> {
  await warmUp(bench);
  await round(bench, 'alone');
  const figures: FloodFigures[] = [];
  for (let index = 0; index < ROUNDS; index++) figures.push(await round(bench, index % 2 === 0 ? 'alone' : 'beside'));
  return figures;
}

async function warmUp(bench: Bench): Promise<void> {
  const { api, driver } = bench;
  const count = 2 * FLOOD_RATE_LIMIT;
  await inTurn(WARM_UP_KEYS, async () => {
    const { producerKey: key } = await makeHome(api);
    await driver.call('burst', { url: api.url, key, topics: ['bench.warm-up'], count });
    // The operator's key that makes these has the same limit.
    await whenQuiet(bench);
  });
}

async function round(bench: Bench, first: 'alone' | 'beside'): Promise<FloodFigures> {
  const before = first === 'alone' ? await publish(bench) : null;
  const beside = await publish(bench, await startFlood(bench));
  const alone = before ?? (await publish(bench));
  return { alone, beside, refusedRate: beside.refusedRate, faults: addFaults([alone.faults, beside.faults]) };
}

interface Flooding {
  /** @returns 429 a second. */
  stop(): Promise<number>;
}

async function startFlood({ api, secondDriver }: Bench): Promise<Flooding> {
  const { producerKey: key } = await makeHome(api);
  const refusedRate = secondDriver.call('flood', {
    ...{ url: api.url, key, topics: ['bench.flood'], perSecond: FLOOD_PER_SECOND },
  });
  return {
    async stop(): Promise<number> {
      await secondDriver.call('stopSteady');
      return refusedRate;
    },
  };
}

async function publish(bench: Bench, flooding?: Flooding): Promise<Answered & { faults: Faults; refusedRate: number }> {
  const { api, driver, receiver, receiverUrl } = bench;
  const run = newRunId();
  const topic = `bench.${run}`;
  await api.putTopic({ topic });
  const id = await api.subscribe({ topics: [topic], callbackUrl: `${receiverUrl}/${run}/0` });
  const { producerKey: key } = api;
  const count = PER_SECOND * FOR_S;
  const arrived = receiver.call('waitFor', { run, count, timeoutMs: ARRIVE_WITHIN_MS });
  const published = await driver.call('steady', { url: api.url, key, topics: [topic], count, perSecond: PER_SECOND });
  const refusedRate = flooding ? await flooding.stop() : 0;
  await arrived;
  await whenQuiet(bench);
  const unfinished = [await api.countPending(id)];
  await api.unsubscribe(id);
  const received = await receiver.call('collect', { run });
  const answeredInMs = published.map(({ sentUs, answeredUs }) => (answeredUs - sentUs) / 1000);
  return {
    p50Ms: percentile(answeredInMs, 50),
    p99Ms: percentile(answeredInMs, 99),
    refusedRate,
    faults: faultsOf({ published, received, expected: count, unfinished }),
  };
}
