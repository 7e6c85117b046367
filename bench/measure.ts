import type { BareTemporalHandlers } from './children/bareTemporal';
import type { Child } from './children/rpc';
import type { Options, Scenario } from './options';
import { noResults, type Results } from './results';
import { burst } from './scenarios/burst';
import { fanOut } from './scenarios/fanOut';
import { bareHttp, bareTemporal } from './scenarios/limits';
import type { Bench } from './scenarios/run';
import { slowAtHalfRate, slowAtOnce } from './scenarios/slow';
import { steady } from './scenarios/steady';
import { median } from './statistics';

const WARM_UP_STEADY_S = 5;
const WARM_UP_SLOW_S = 3;

interface Step {
  name: string;
  measure(): Promise<void>;
}

/**
 * A warm-up that does not count, then every scenario once a round. Each round begins with another scenario, so that
 * what disturbs the machine for a while does not always hit the same one.
 */
export async function measure(input: {
  bench: Bench;
  temporal: Child<BareTemporalHandlers> | null;
  options: Options;
  onProgress(line: string): void;
}): Promise<Results> {
  const { bench, temporal, options, onProgress } = input;
  onProgress('warm-up (not counted)');
  const warmUpRate = await warmUp(bench, temporal);

  const results = noResults();
  for (let round = 0; round < options.runs; round++) {
    const burstRate = results.burst.length > 0 ? median(results.burst.map((run) => run.deliveredRate)) : warmUpRate;
    const steps = stepsOf({ ...input, results, round, burstRate });
    for (let index = 0; index < steps.length; index++) {
      const step = steps[(index + round) % steps.length];
      onProgress(`run ${round + 1} of ${options.runs}: ${step?.name}`);
      await step?.measure();
    }
  }
  return results;
}

/** The rate at which the burst was delivered. */
async function warmUp(bench: Bench, temporal: Child<BareTemporalHandlers> | null): Promise<number> {
  if (temporal) await bareTemporal(temporal);
  await bareHttp(bench);
  const { deliveredRate } = await burst(bench);
  await steady(bench, { forS: WARM_UP_STEADY_S });
  await fanOut(bench);
  await slowAtHalfRate(bench, { first: 'alone', burstRate: deliveredRate, forS: WARM_UP_SLOW_S });
  return deliveredRate;
}

function stepsOf(input: {
  bench: Bench;
  temporal: Child<BareTemporalHandlers> | null;
  options: Options;
  results: Results;
  round: number;
  burstRate: number;
}): Step[] {
  const { bench, temporal, results, burstRate } = input;
  const first = input.round % 2 === 0 ? 'beside' : 'alone';
  const scenario = (only: Scenario, name: string, run: () => Promise<void>) =>
    input.options.only.includes(only) ? [{ name, measure: run }] : [];
  return [
    ...(temporal
      ? [{ name: 'T', measure: async () => void results.bareTemporal.push(await bareTemporal(temporal)) }]
      : []),
    ...scenario('burst', 'burst', async () => void results.burst.push(await burst(bench))),
    ...scenario('steady', 'steady', async () => void results.steady.push(await steady(bench))),
    ...scenario('fan-out', 'fan-out', async () => void results.fanOut.push(await fanOut(bench))),
    { name: 'H', measure: async () => void results.bareHttp.push(await bareHttp(bench)) },
    ...scenario('slow', 'slow, 500 at once', async () => {
      results.slowAtOnce.push(await slowAtOnce(bench, first));
    }),
    ...scenario('slow', 'slow, half the burst rate', async () => {
      results.slowAtHalfRate.push(await slowAtHalfRate(bench, { first, burstRate }));
    }),
  ];
}
