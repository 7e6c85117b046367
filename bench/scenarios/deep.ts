import { setTimeout as sleep } from 'node:timers/promises';
import type { Lane } from '../stack/api';
import { watchMemory } from '../stack/memory';
import { type DeepFigures, deepFiguresOf } from './deepFigures';
import { readCalls } from './laneRun';
import { type Bench, newRunId, whenQuiet } from './run';

const HEALTHY_PER_SECOND = 20;
const HEALTHY_ALONE_S = 20;
const SICK_WITHIN_MS = 30_000;
const HEALTHY_ARRIVE_WITHIN_MS = 60_000;
/** Slower than this is given up. */
const LEAST_PER_SECOND = 200;
const LEAST_ARRIVE_WITHIN_MS = 120_000;

/**
 * One subscription whose receiver answers 503 while everything is published as fast as 50 producers can, and then is
 * back; its lane is activated as soon as it is. Beside it a healthy one, 20 events/s, and that one alone before.
 */
export async function deep(bench: Bench, { events }: { events: number }): Promise<DeepFigures> {
  const { api, driver, receiver } = bench;
  const sick = await subscribe(bench);
  const healthy = await subscribe(bench);
  const [lane] = await api.lanesOf(sick.id);
  if (!lane) throw new Error('a subscription without a lane');
  const publishTo = (topic: string) => ({ url: api.url, key: api.producerKey, topics: [topic], small: true });
  const healthyEvents = (count: number) =>
    bench.secondDriver.call('steady', { ...publishTo(healthy.topic), perSecond: HEALTHY_PER_SECOND, count });

  await whenQuiet(bench);
  const callsFirst = await readCalls(bench);
  const alone = await healthyEvents(HEALTHY_PER_SECOND * HEALTHY_ALONE_S);
  await whenQuiet(bench);
  const callsBefore = await readCalls(bench);

  await receiver.call('takeDown', { path: sick.path });
  const memory = bench.pids && watchMemory(bench.pids.ours);
  const healthyBeside = healthyEvents(Number.POSITIVE_INFINITY);
  const published = await driver.call('burst', { ...publishTo(sick.topic), count: events });
  const standing = await whenSick(bench, lane.id);
  const back = await receiver.call('bringBack', { path: sick.path });
  await api.activate(lane.id);
  const timeoutMs = Math.max(LEAST_ARRIVE_WITHIN_MS, (events / LEAST_PER_SECOND) * 1000);
  await receiver.call('waitFor', { run: sick.run, count: events, timeoutMs });
  await bench.secondDriver.call('stopSteady');
  const beside = await healthyBeside;
  const samples = memory?.stop() ?? null;
  await receiver.call('waitFor', {
    ...{ run: healthy.run, count: alone.length + beside.length, timeoutMs: HEALTHY_ARRIVE_WITHIN_MS },
  });
  await whenQuiet(bench);
  const callsAfter = await readCalls(bench);

  const courseOf = async ({ id, run }: Subscribed) => {
    const unfinished = [await api.countPending(id)];
    await api.unsubscribe(id);
    return { unfinished, received: await receiver.call('collect', { run }) };
  };
  return deepFiguresOf({
    sick: { published, expected: events, ...(await courseOf(sick)) },
    healthy: { published: [...alone, ...beside], expected: alone.length + beside.length, ...(await courseOf(healthy)) },
    healthyAlone: alone.length,
    standing,
    back,
    samples,
    calls: callsFirst && callsBefore && callsAfter && { callsFirst, callsBefore, callsAfter },
  });
}

interface Subscribed {
  id: string;
  run: string;
  topic: string;
  path: string;
}

async function subscribe({ api, receiverUrl }: Bench): Promise<Subscribed> {
  const run = newRunId();
  const topic = `bench.${run}`;
  const path = `/${run}/0`;
  await api.putTopic({ topic });
  return { run, topic, path, id: await api.subscribe({ topics: [topic], callbackUrl: `${receiverUrl}${path}` }) };
}

/** How the lane stands when it is sick, or when it has not become so in time. */
async function whenSick({ api }: Bench, laneId: string): Promise<Lane> {
  const deadlineMs = performance.now() + SICK_WITHIN_MS;
  for (;;) {
    const lane = await api.readLane(laneId);
    if (lane.state === 'sick' || performance.now() > deadlineMs) return lane;
    await sleep(100);
  }
}
