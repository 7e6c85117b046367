import type { Faults, Figures } from './scenarios/figures';
import type { BareTemporal } from './scenarios/limits';
import type { SlowFigures } from './scenarios/slow';

/** One entry a run. */
export interface Results {
  bareHttp: number[];
  bareTemporal: BareTemporal[];
  burst: Figures[];
  steady: Figures[];
  fanOut: Figures[];
  slowAtOnce: SlowFigures[];
  slowAtHalfRate: SlowFigures[];
}

export function noResults(): Results {
  return {
    bareHttp: [],
    bareTemporal: [],
    burst: [],
    steady: [],
    fanOut: [],
    slowAtOnce: [],
    slowAtHalfRate: [],
  };
}

export function sumOfFaults({ burst, steady, fanOut, slowAtOnce, slowAtHalfRate }: Results): Faults {
  const slow = [...slowAtOnce, ...slowAtHalfRate].flatMap(({ alone, beside }) => [alone, beside]);
  const sum = { refused: 0, missing: 0, repeated: 0, unfinished: 0 };
  for (const { faults } of [...burst, ...steady, ...fanOut, ...slow]) {
    for (const name of ['refused', 'missing', 'repeated', 'unfinished'] as const) sum[name] += faults[name];
  }
  return sum;
}
