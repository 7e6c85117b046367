import type { Published } from '../children/driver';
import type { Received } from '../children/receiver';
import { type Cpu, cpuBetween } from '../stack/cpu';
import { percentile } from '../statistics';

/** What is measured of one run. Rates are per second; times run from publish sent to callback received. */
export interface Figures {
  acceptedRate: number;
  deliveredRate: number;
  p50Ms: number;
  p99Ms: number;
  /** Per delivery, by group of processes; null where it cannot be read. */
  cpuMs: Cpu | null;
  faults: Faults;
}

/** All 0, or the run is worth nothing. */
export interface Faults {
  refused: number;
  missing: number;
  repeated: number;
  /** Received, but for the product still pending when everything was quiet. */
  unfinished: number;
  /** Received before its lane was released, or after what its lane accepted later. */
  disordered: number;
}

/** What came of publishing and waiting. */
export interface Course {
  published: Published[];
  received: Received[];
  expected: number;
  /** By subscription. */
  unfinished: number[];
}

export function figuresOf(run: Course & { before: Cpu | null; after: Cpu | null }): Figures {
  const { published, received, before, after } = run;
  const firstSentUs = smallest(published.map(({ sentUs }) => sentUs));
  const accepted = published.filter(({ eventId }) => eventId !== null);
  const arrivals = firstArrivals(received);
  const perSecond = (count: number, lastUs: number) => count / ((lastUs - firstSentUs) / 1e6);
  const latenciesMs = latencies({ published, arrivals });
  return {
    acceptedRate: perSecond(accepted.length, largest(accepted.map(({ answeredUs }) => answeredUs))),
    deliveredRate: perSecond(arrivals.length, largest(arrivals.map(({ atUs }) => atUs))),
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
    cpuMs: before && after && perDelivery(cpuBetween(before, after), arrivals.length),
    faults: faultsOf(run),
  };
}

export function faultsOf({ published, received, expected, unfinished }: Course, disordered = 0): Faults {
  const arrivals = firstArrivals(received);
  return {
    refused: published.filter(({ eventId }) => eventId === null).length,
    missing: expected - arrivals.length,
    repeated: received.length - arrivals.length,
    unfinished: unfinished.reduce((sum, count) => sum + count, 0),
    disordered,
  };
}

export function addFaults(all: Faults[]): Faults {
  const sum = { refused: 0, missing: 0, repeated: 0, unfinished: 0, disordered: 0 };
  for (const faults of all) {
    for (const name of ['refused', 'missing', 'repeated', 'unfinished', 'disordered'] as const)
      sum[name] += faults[name];
  }
  return sum;
}

/** Of each delivery the first callback, in the order of their arrival. */
export function firstArrivals(received: Received[]): Received[] {
  const byDelivery = new Map<string, Received>();
  for (const callback of received) {
    if (!byDelivery.has(callback.deliveryId)) byDelivery.set(callback.deliveryId, callback);
  }
  return [...byDelivery.values()];
}

/** In ms, of what was published here. */
export function latencies({ published, arrivals }: { published: Published[]; arrivals: Received[] }): number[] {
  const sentUsOf = new Map(published.map(({ eventId, sentUs }) => [eventId, sentUs]));
  return arrivals.flatMap(({ eventId, atUs }) => {
    const sentUs = sentUsOf.get(eventId);
    return sentUs === undefined ? [] : [(atUs - sentUs) / 1000];
  });
}

export function perDelivery({ ours, postgres, temporal }: Cpu, deliveries: number): Cpu {
  return { ours: ours / deliveries, postgres: postgres / deliveries, temporal: temporal / deliveries };
}

export function smallest(values: number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

export function largest(values: number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
