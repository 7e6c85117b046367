import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DriverHandlers, Producers, Published } from '../children/driver';
import { HANGING, type ReceiverHandlers } from '../children/receiver';
import type { Child } from '../children/rpc';
import type { Api } from '../stack/api';
import { type Cpu, cpuWhenQuiet, type Pids } from '../stack/cpu';
import type { TemporalMetrics } from '../stack/temporalCalls';
import { type Figures, figuresOf } from './figures';

/** Everything a scenario works with. */
export interface Bench {
  api: Api;
  /** null: CPU and memory are not measured. */
  pids: Pids | null;
  /** null: calls to Temporal are not counted. */
  temporalMetrics: TemporalMetrics | null;
  driver: Child<DriverHandlers>;
  /** Publishes beside the driver, undisturbed by what that has to do. */
  secondDriver: Child<DriverHandlers>;
  receiver: Child<ReceiverHandlers>;
  receiverUrl: string;
}

export interface RunOptions {
  /** Subscriptions whose receivers answer at once; each has a path of its own. */
  answering: number;
  /** Subscriptions whose receivers never answer. */
  hanging?: number;
  count: number;
  publish(producers: Producers): Promise<Published[]>;
}

const ARRIVE_WITHIN_MS = 60_000;
/** Where CPU cannot be read: long enough for what follows the last callback. */
const REST_MS = 2_000;

/** Publishes `count` events of a topic of its own, waits until all is delivered and quiet, and leaves no subscription. */
export async function run(bench: Bench, { answering, hanging = 0, count, publish }: RunOptions): Promise<Figures> {
  const { api, receiver } = bench;
  const id = newRunId();
  const topic = `bench.${id}`;
  await api.putTopic({ topic });
  const subscribe = (name: string) =>
    api.subscribe({ topics: [topic], callbackUrl: `${bench.receiverUrl}/${id}/${name}` });
  const subscriptions = await inTurn(answering, (index) => subscribe(String(index)));
  const silent = await inTurn(hanging, () => subscribe(HANGING));

  const expected = answering * count;
  const before = await whenQuiet(bench);
  const arrived = receiver.call('waitFor', { run: id, count: expected, timeoutMs: ARRIVE_WITHIN_MS });
  const published = await publish({ url: api.url, key: api.producerKey, topics: [topic], count });
  await arrived;
  const after = await whenQuiet(bench);

  const unfinished = await inTurn(answering, (index) => api.countPending(subscriptions[index] ?? ''));
  for (const subscription of [...subscriptions, ...silent]) await api.unsubscribe(subscription);
  const received = await receiver.call('collect', { run: id });
  return figuresOf({ published, received, expected, unfinished, before, after });
}

/** The first segment of the paths of a run's callbacks. */
export function newRunId(): string {
  return `run-${randomBytes(4).toString('hex')}`;
}

/** @returns the CPU time until then, where it can be read. */
export async function whenQuiet({ pids }: Bench): Promise<Cpu | null> {
  if (pids) return cpuWhenQuiet(pids);
  await sleep(REST_MS);
  return null;
}

export async function inTurn<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let index = 0; index < count; index++) made.push(await make(index));
  return made;
}
