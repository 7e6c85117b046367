import type { Figures } from './figures';
import { type Bench, run } from './run';

const NEIGHBOURS = 9;
const EVENTS_AT_ONCE = 500;

/** The nine others beside a tenth subscription whose receiver hangs, and without it. */
export interface SlowFigures {
  beside: Figures;
  alone: Figures;
}

/** Which comes first, so that in turns each does. */
export type First = keyof SlowFigures;

/** 500 events as fast as 50 producers can. */
export function slowAtOnce(bench: Bench, first: First): Promise<SlowFigures> {
  return inTurns(first, (hanging) =>
    run(bench, {
      answering: NEIGHBOURS,
      hanging,
      count: EVENTS_AT_ONCE,
      publish: (producers) => bench.driver.call('burst', producers),
    }),
  );
}

/** At half of what a burst delivers: so many deliveries per second over all ten subscriptions. */
export function slowAtHalfRate(
  bench: Bench,
  { first, burstRate, forS = 10 }: { first: First; burstRate: number; forS?: number },
): Promise<SlowFigures> {
  const perSecond = Math.max(1, burstRate / 2 / (NEIGHBOURS + 1));
  return inTurns(first, (hanging) =>
    run(bench, {
      answering: NEIGHBOURS,
      hanging,
      count: Math.round(perSecond * forS),
      publish: (producers) => bench.driver.call('steady', { ...producers, perSecond }),
    }),
  );
}

async function inTurns(first: First, measure: (hanging: number) => Promise<Figures>): Promise<SlowFigures> {
  if (first === 'alone') {
    const alone = await measure(0);
    return { alone, beside: await measure(1) };
  }
  const beside = await measure(1);
  return { beside, alone: await measure(0) };
}
