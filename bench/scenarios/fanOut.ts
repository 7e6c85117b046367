import type { Figures } from './figures';
import { type Bench, run } from './run';

/** 40 events to 50 subscriptions: 2,000 deliveries. */
export function fanOut(bench: Bench): Promise<Figures> {
  return run(bench, {
    answering: 50,
    count: 40,
    publish: (producers) => bench.driver.call('burst', producers),
  });
}
