import type { Figures } from './figures';
import { type Bench, run } from './run';

export const BURST_EVENTS = 2_000;

/** 2,000 events to one subscription, 50 producers at once. */
export function burst(bench: Bench): Promise<Figures> {
  return run(bench, {
    answering: 1,
    count: BURST_EVENTS,
    publish: (producers) => bench.driver.call('burst', producers),
  });
}
