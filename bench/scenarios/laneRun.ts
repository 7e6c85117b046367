import { nowUs } from '../clock';
import { type Cpu, cpuBetween } from '../stack/cpu';
import { callsBetween, readTemporalCalls, sumOfCalls, type TemporalCalls } from '../stack/temporalCalls';
import { perDelivery } from './figures';
import { type LaneTimes, laneTimesOf } from './laneFigures';
import { type Bench, inTurn, newRunId, whenQuiet } from './run';

export interface LaneRunOptions {
  subscriptions: number;
  /** Of each subscription; each is a push task. */
  topics: number;
  /** Of each topic. */
  events: number;
  /** All is published while the push tasks wait for their history; then all of them are released at once. */
  held: boolean;
}

export interface LaneFigures extends LaneTimes {
  /** Of Temporal, from before the first publish until all is quiet; null where they cannot be counted. */
  calls: TemporalCalls | null;
  callsPerEvent: number | null;
  /** Per event, from the release (or first publish) until all is quiet; null where it cannot be read. */
  cpuMs: Cpu | null;
  /** Per event, of accepting what was held. */
  acceptCpuMs: Cpu | null;
}

const ARRIVE_WITHIN_MS = 120_000;
const TOPICS_AT_ONCE = 20;

/** Publishes to ordered subscriptions, releases what is held, waits until all is delivered and quiet, and leaves none. */
export async function laneRun(bench: Bench, options: LaneRunOptions): Promise<LaneFigures> {
  const { api, receiver } = bench;
  const { held } = options;
  const id = newRunId();
  const subscribed = await inTurn(options.subscriptions, (index) => subscribe(bench, { id, index, ...options }));
  const topics = subscribed.flatMap((subscription) => subscription.topics);
  const laneIds = subscribed.flatMap((subscription) => subscription.laneIds);
  const count = topics.length * options.events;

  const idle = await whenQuiet(bench);
  const callsBefore = await readCalls(bench);
  const published = await bench.driver.call('burst', { url: api.url, key: api.producerKey, topics, count });
  const before = held ? await whenQuiet(bench) : idle;
  const releasedUs = held ? nowUs() : null;
  await Promise.all(laneIds.map((laneId) => api.processHistory(laneId)));
  await receiver.call('waitFor', { run: id, count, timeoutMs: ARRIVE_WITHIN_MS });
  const after = await whenQuiet(bench);
  const callsAfter = await readCalls(bench);

  const unfinished = await inTurn(subscribed.length, (index) => api.countPending(subscribed[index]?.id ?? ''));
  for (const subscription of subscribed) await api.unsubscribe(subscription.id);
  const received = await receiver.call('collect', { run: id });
  const calls = callsBefore && callsAfter && callsBetween(callsBefore, callsAfter);
  return {
    ...laneTimesOf({ published, received, expected: count, unfinished }, { lanes: topics.length, releasedUs }),
    calls,
    callsPerEvent: calls && sumOfCalls(calls) / count,
    cpuMs: before && after && perDelivery(cpuBetween(before, after), count),
    acceptCpuMs: held && idle && before ? perDelivery(cpuBetween(idle, before), count) : null,
  };
}

export async function readCalls({ temporalMetrics }: Bench): Promise<TemporalCalls | null> {
  return temporalMetrics && readTemporalCalls(temporalMetrics);
}

/** @returns the lanes' ids only where they have to be released. */
async function subscribe(
  { api, receiverUrl }: Bench,
  { id: run, index, topics: count, held }: LaneRunOptions & { id: string; index: number },
): Promise<{ id: string; topics: string[]; laneIds: string[] }> {
  const topics = Array.from({ length: count }, (_, number) => `bench.${run}.${index}.${number}`);
  const rest = topics.values();
  const putRest = async () => {
    for (const topic of rest) await api.putTopic({ topic, historyRequired: held });
  };
  await Promise.all(Array.from({ length: TOPICS_AT_ONCE }, putRest));
  const callbackUrl = `${receiverUrl}/${run}/${index}`;
  const id = await api.subscribeInOrder({ topics, callbackUrl, historyRequired: held });
  if (!held) return { id, topics, laneIds: [] };
  const lanes = await api.lanesOf(id);
  const astray = lanes.find(({ state }) => state !== 'awaiting_history');
  if (lanes.length !== count || astray) {
    throw new Error(
      `${lanes.length} lanes of ${count}, one of them ${astray?.state}: all should wait for their history`,
    );
  }
  return { id, topics, laneIds: lanes.map((lane) => lane.id) };
}
