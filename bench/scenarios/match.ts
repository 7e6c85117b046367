import { makeHome } from '../stack/home';
import { percentile } from '../statistics';
import { type Crowd, subscribeCrowd } from './crowd';
import { addFaults, type Faults, faultsOf } from './figures';
import { type Bench, newRunId, whenQuiet } from './run';

const TEN: Crowd = { native: 2, dataPush: 2, cmdb: 2, gateway: 2, portal: 2 };
const HUNDRED_THOUSAND: Crowd = { native: 10_000, dataPush: 20_000, cmdb: 25_000, gateway: 20_000, portal: 25_000 };
const ROUNDS = 5;
const PER_SECOND = 50;
/** Of some hundred answers the hundredth part is chance: a vacuum, a checkpoint. */
const FOR_S = 20;
const ARRIVE_WITHIN_MS = 60_000;

/** How long a publish takes until its answer. */
export interface MatchFigures {
  few: { p50Ms: number; p99Ms: number };
  many: { p50Ms: number; p99Ms: number };
  faults: Faults;
}

/**
 * Events that match one subscription each, in a tenant of ten subscriptions and in one of 100,000, of all interfaces, in
 * turns.
 */
export async function match(bench: Bench): Promise<MatchFigures[]> {
  const few = await settle(bench, TEN);
  const many = await settle(bench, HUNDRED_THOUSAND);
  await publish(bench, few);
  await publish(bench, many);
  const figures: MatchFigures[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const first = await publish(bench, round % 2 === 0 ? few : many);
    const second = await publish(bench, round % 2 === 0 ? many : few);
    const [ofFew, ofMany] = round % 2 === 0 ? [first, second] : [second, first];
    figures.push({ few: ofFew, many: ofMany, faults: addFaults([ofFew.faults, ofMany.faults]) });
  }
  return figures;
}

interface Settled {
  run: string;
  topic: string;
  key: string;
}

async function settle(bench: Bench, crowd: Crowd): Promise<Settled> {
  const run = newRunId();
  const topic = `bench.${run}`;
  const home = await makeHome(bench.api);
  await bench.api.putTopic({ topic });
  const subscriber = await home.addApp({ id: 'one' });
  await subscriber('POST', '/v1/subscriptions', { topics: [topic], callbackUrl: `${bench.receiverUrl}/${run}/one` });
  await subscribeCrowd(bench, { home, crowd, run });
  return { run, topic, key: home.producerKey };
}

async function publish({ api, driver, receiver, ...bench }: Bench, { run, topic, key }: Settled) {
  const count = PER_SECOND * FOR_S;
  const arrived = receiver.call('waitFor', { run, count, timeoutMs: ARRIVE_WITHIN_MS });
  const published = await driver.call('steady', { url: api.url, key, topics: [topic], count, perSecond: PER_SECOND });
  await arrived;
  await whenQuiet({ api, driver, receiver, ...bench });
  const received = await receiver.call('collect', { run });
  const answeredInMs = published.map(({ sentUs, answeredUs }) => (answeredUs - sentUs) / 1000);
  return {
    p50Ms: percentile(answeredInMs, 50),
    p99Ms: percentile(answeredInMs, 99),
    faults: faultsOf({ published, received, expected: count, unfinished: [] }),
  };
}
