import type { Published } from '../children/driver';
import type { Lane } from '../stack/api';
import type { MemorySample } from '../stack/memory';
import { callsBetween, sumOfCalls, type TemporalCalls } from '../stack/temporalCalls';
import { percentile } from '../statistics';
import { type Course, type Faults, faultsOf, firstArrivals, largest, latencies, smallest } from './figures';

export interface DeepFigures {
  events: number;
  acceptedRate: number;
  /** How its lane stood when the receiver came back. */
  laneState: string;
  waiting: number;
  /** Calls that were answered 503 until then. */
  turnedAway: number;
  /** From the receiver's return to the first acknowledgement: how long the first probe that succeeded let wait. */
  probeAfterMs: number;
  /** From the first acknowledgement to the last arrival. */
  durationS: number;
  deliveredRate: number;
  /** Of Temporal, from before the first publish until all is quiet, the healthy one's included; null: not counted. */
  calls: TemporalCalls | null;
  callsPerEvent: number | null;
  /** Of these for the healthy one, if an event of it took as many as it took alone. */
  healthyCallsPerEvent: number | null;
  /** Of our process; null where it cannot be read. */
  memory: DeepMemory | null;
  /** By when the healthy one's events were sent. */
  healthyP99Ms: { alone: number; filling: number; draining: number };
  faults: Faults;
}

/** In MiB. */
export interface DeepMemory {
  /** Before the first publish. */
  first: number;
  /** The highest while each tenth of the events was published. */
  filling: number[];
  /** The highest while each tenth of them was delivered. */
  draining: number[];
  highest: number;
}

export function deepFiguresOf(run: {
  sick: Course;
  /** Its events alone first, then those beside the sick one. */
  healthy: Course;
  healthyAlone: number;
  standing: Lane;
  back: { atUs: number; turnedAway: number };
  samples: MemorySample[] | null;
  calls: { callsFirst: TemporalCalls; callsBefore: TemporalCalls; callsAfter: TemporalCalls } | null;
}): DeepFigures {
  const { sick, healthy, healthyAlone, standing, back, samples } = run;
  const { published } = sick;
  const arrivals = firstArrivals(sick.received);
  const firstSentUs = smallest(published.map(({ sentUs }) => sentUs));
  const acceptedS = (largest(published.map(({ answeredUs }) => answeredUs)) - firstSentUs) / 1e6;
  const firstUs = smallest(arrivals.map(({ atUs }) => atUs));
  const lastUs = largest(arrivals.map(({ atUs }) => atUs));
  const calls = run.calls && callsBetween(run.calls.callsBefore, run.calls.callsAfter);
  const aloneCalls = run.calls && sumOfCalls(callsBetween(run.calls.callsFirst, run.calls.callsBefore));
  const beside = healthy.published.slice(healthyAlone);
  const p99Ms = (events: Published[]) =>
    percentile(latencies({ published: events, arrivals: firstArrivals(healthy.received) }), 99);
  return {
    events: published.length,
    acceptedRate: published.length / acceptedS,
    laneState: standing.state,
    waiting: standing.waiting,
    turnedAway: back.turnedAway,
    probeAfterMs: (firstUs - back.atUs) / 1000,
    durationS: (lastUs - firstUs) / 1e6,
    deliveredRate: arrivals.length / ((lastUs - firstUs) / 1e6),
    calls,
    callsPerEvent: calls && sumOfCalls(calls) / published.length,
    healthyCallsPerEvent: aloneCalls === null ? null : (aloneCalls / healthyAlone) * (beside.length / published.length),
    memory:
      samples &&
      memoryOf({
        ...{ samples, sentUs: published.map(({ sentUs }) => sentUs), arrivedUs: arrivals.map(({ atUs }) => atUs) },
      }),
    healthyP99Ms: {
      alone: p99Ms(healthy.published.slice(0, healthyAlone)),
      filling: p99Ms(beside.filter(({ sentUs }) => sentUs < back.atUs)),
      draining: p99Ms(beside.filter(({ sentUs }) => sentUs >= back.atUs && sentUs < lastUs)),
    },
    faults: sumOf(faultsOf(sick), faultsOf(healthy)),
  };
}

function memoryOf(run: { samples: MemorySample[]; sentUs: number[]; arrivedUs: number[] }): DeepMemory {
  const { samples, sentUs, arrivedUs } = run;
  const highest = (fromUs: number, toUs: number) =>
    largest(samples.filter(({ atUs }) => atUs >= fromUs && atUs <= toUs).map(({ mib }) => mib));
  const byTenth = (timesUs: number[]) => {
    const timeUs = (tenth: number) => timesUs[Math.round(((timesUs.length - 1) * tenth) / 10)] ?? Number.NaN;
    return Array.from({ length: 10 }, (_, tenth) => highest(timeUs(tenth), timeUs(tenth + 1)));
  };
  return {
    first: samples[0]?.mib ?? Number.NaN,
    filling: byTenth(sentUs),
    draining: byTenth(arrivedUs),
    highest: largest(samples.map(({ mib }) => mib)),
  };
}

function sumOf(a: Faults, b: Faults): Faults {
  return {
    refused: a.refused + b.refused,
    missing: a.missing + b.missing,
    repeated: a.repeated + b.repeated,
    unfinished: a.unfinished + b.unfinished,
    disordered: a.disordered + b.disordered,
  };
}
