import type { Figures } from './figures';
import { type Bench, run } from './run';

const PER_SECOND = 20;

/** 20 events/s to one subscription, whether or not the answers come. */
export function steady(bench: Bench, { forS = 20 } = {}): Promise<Figures> {
  return run(bench, {
    answering: 1,
    count: PER_SECOND * forS,
    publish: (producers) => bench.driver.call('steady', { ...producers, perSecond: PER_SECOND }),
  });
}
