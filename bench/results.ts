import type { DeepFigures } from './scenarios/deepFigures';
import type { Faults, Figures } from './scenarios/figures';
import type { LaneFigures } from './scenarios/laneRun';
import type { BareTemporal } from './scenarios/limits';
import type { SlowFigures } from './scenarios/slow';

/** One entry a run. */
export interface Results {
  bareHttp: number[];
  bareInOrder: number[];
  bareTemporal: BareTemporal[];
  burst: Figures[];
  steady: Figures[];
  fanOut: Figures[];
  slowAtOnce: SlowFigures[];
  slowAtHalfRate: SlowFigures[];
  ordered: LaneFigures[];
  release: LaneFigures[];
  many: LaneFigures[];
  deep: DeepFigures[];
}

export function noResults(): Results {
  return {
    bareHttp: [],
    bareInOrder: [],
    bareTemporal: [],
    burst: [],
    steady: [],
    fanOut: [],
    slowAtOnce: [],
    slowAtHalfRate: [],
    ordered: [],
    release: [],
    many: [],
    deep: [],
  };
}

export function sumOfFaults(results: Results): Faults {
  const { burst, steady, fanOut, slowAtOnce, slowAtHalfRate, ordered, release, many, deep } = results;
  const slow = [...slowAtOnce, ...slowAtHalfRate].flatMap(({ alone, beside }) => [alone, beside]);
  const sum = { refused: 0, missing: 0, repeated: 0, unfinished: 0, disordered: 0 };
  for (const { faults } of [...burst, ...steady, ...fanOut, ...slow, ...ordered, ...release, ...many, ...deep]) {
    for (const name of ['refused', 'missing', 'repeated', 'unfinished', 'disordered'] as const)
      sum[name] += faults[name];
  }
  return sum;
}
