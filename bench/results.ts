import type { Figures } from './scenarios/figures';
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
