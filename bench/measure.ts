import type { BareTemporalHandlers } from './children/bareTemporal';
import type { Child } from './children/rpc';
import type { Options, Scenario } from './options';
import { noResults, type Results } from './results';
import { burst } from './scenarios/burst';
import { deep } from './scenarios/deep';
import { fanOut } from './scenarios/fanOut';
import { bareHttp, bareTemporal } from './scenarios/limits';
import { many } from './scenarios/many';
import { match } from './scenarios/match';
import { bareInOrder, ordered } from './scenarios/ordered';
import { portal } from './scenarios/portal';
import { release } from './scenarios/release';
import type { Bench } from './scenarios/run';
import { type First, slowAtHalfRate, slowAtOnce } from './scenarios/slow';
import { steady } from './scenarios/steady';
import { median } from './statistics';

/** Node compiles a path for speed only after some thousands of deliveries have gone over it. */
const WARM_UP_BURSTS = 3;
const WARM_UP_STEADY_S = 5;
const WARM_UP_SLOW_S = 3;
/** Of the push tasks' scenarios, which take longer: their median is of at most so many runs. */
export const MAX_LANE_RUNS = 3;

/** What one run of these gives scatters by a seventh (rate) to a third (p99), so a round has several, in turns. */
const SLOW_TURNS: readonly First[] = ['beside', 'alone', 'beside', 'alone'];

interface Step {
  name: string;
  measure(): Promise<void>;
}

/**
 * A warm-up that does not count, then every scenario once a round (slow more often), and at the end what is measured
 * once. Each round begins with another scenario, so that what disturbs the machine for a while does not always hit the
 * same one.
 */
export async function measure(input: {
  bench: Bench;
  temporal: Child<BareTemporalHandlers> | null;
  options: Options;
  onProgress(line: string): void;
}): Promise<Results> {
  const { options, onProgress } = input;
  onProgress('warm-up (not counted)');
  const warmUpRate = await warmUp(input);

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
  for (const step of stepsAtTheEnd({ ...input, results })) {
    onProgress(`once: ${step.name}`);
    await step.measure();
  }
  return results;
}

/** Full bursts, and one run of everything else that will be measured but deep. @returns the last burst's delivered rate. */
async function warmUp(input: {
  bench: Bench;
  temporal: Child<BareTemporalHandlers> | null;
  options: Options;
}): Promise<number> {
  const { bench, temporal, options } = input;
  const measures = (scenario: Scenario) => options.only.includes(scenario);
  if (temporal) await bareTemporal(temporal);
  await bareHttp(bench);
  let burstRate = 0;
  for (let index = 0; index < WARM_UP_BURSTS; index++) burstRate = (await burst(bench)).deliveredRate;
  if (measures('steady')) await steady(bench, { forS: WARM_UP_STEADY_S });
  if (measures('fan-out')) await fanOut(bench);
  if (measures('slow')) {
    await slowAtOnce(bench, 'alone');
    await slowAtHalfRate(bench, { first: 'alone', burstRate, forS: WARM_UP_SLOW_S });
  }
  if (measures('ordered')) await bareInOrder(bench);
  // The same path, whichever of the three it is for.
  if (measures('ordered') || measures('release') || measures('many')) await ordered(bench);
  return burstRate;
}

function stepsOf(input: {
  bench: Bench;
  temporal: Child<BareTemporalHandlers> | null;
  options: Options;
  results: Results;
  round: number;
  burstRate: number;
}): Step[] {
  const { bench, temporal, results, burstRate, round } = input;
  const scenario = (only: Scenario, name: string, run: () => Promise<void>) =>
    input.options.only.includes(only) ? [{ name, measure: run }] : [];
  const lanes = (only: Scenario, name: string, run: () => Promise<void>) =>
    round < MAX_LANE_RUNS ? scenario(only, name, run) : [];
  return [
    ...(temporal
      ? [{ name: 'T', measure: async () => void results.bareTemporal.push(await bareTemporal(temporal)) }]
      : []),
    ...scenario('burst', 'burst', async () => void results.burst.push(await burst(bench))),
    ...scenario('steady', 'steady', async () => void results.steady.push(await steady(bench))),
    ...scenario('fan-out', 'fan-out', async () => void results.fanOut.push(await fanOut(bench))),
    { name: 'H', measure: async () => void results.bareHttp.push(await bareHttp(bench)) },
    ...scenario('slow', 'slow, 500 at once', async () => {
      for (const first of SLOW_TURNS) results.slowAtOnce.push(await slowAtOnce(bench, first));
    }),
    ...scenario('slow', 'slow, half the burst rate', async () => {
      for (const first of SLOW_TURNS) results.slowAtHalfRate.push(await slowAtHalfRate(bench, { first, burstRate }));
    }),
    ...lanes('ordered', 'H in order', async () => void results.bareInOrder.push(await bareInOrder(bench))),
    ...lanes('ordered', 'ordered', async () => void results.ordered.push(await ordered(bench))),
    ...lanes('release', 'release', async () => void results.release.push(await release(bench))),
  ];
}

/** Deep last: it leaves a database that others would be slowed by. */
function stepsAtTheEnd({ bench, options, results }: { bench: Bench; options: Options; results: Results }): Step[] {
  const steps: (Step & { only: Scenario })[] = [
    { only: 'many', name: 'many', measure: async () => void results.many.push(await many(bench)) },
    { only: 'portal', name: 'portal', measure: async () => void results.portal.push(...(await portal(bench))) },
    { only: 'match', name: 'match', measure: async () => void results.match.push(...(await match(bench))) },
    {
      only: 'deep',
      name: `deep, ${options.deep} events`,
      measure: async () => void results.deep.push(await deep(bench, { events: options.deep })),
    },
  ];
  return steps.filter(({ only }) => options.only.includes(only));
}
