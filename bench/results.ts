import type { DeepFigures } from './scenarios/deepFigures';
import { addFaults, type Faults, type Figures } from './scenarios/figures';
import type { FloodFigures } from './scenarios/flood';
import type { LaneFigures } from './scenarios/laneRun';
import type { BareTemporal } from './scenarios/limits';
import type { MatchFigures } from './scenarios/match';
import type { PortalFigures } from './scenarios/portal';
import type { SlowFigures } from './scenarios/slow';

/** One entry a run; of slow, as many as it has turns. */
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
  portal: PortalFigures[];
  match: MatchFigures[];
  deep: DeepFigures[];
  flood: FloodFigures[];
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
    portal: [],
    match: [],
    deep: [],
    flood: [],
  };
}

export function sumOfFaults(results: Results): Faults {
  const { burst, steady, fanOut, slowAtOnce, slowAtHalfRate, ordered, release, many, portal, match, deep, flood } =
    results;
  const slow = [...slowAtOnce, ...slowAtHalfRate].flatMap(({ alone, beside }) => [alone, beside]);
  const lanes = [...ordered, ...release, ...many, ...deep];
  return addFaults(
    [...burst, ...steady, ...fanOut, ...slow, ...lanes, ...portal, ...match, ...flood].map(({ faults }) => faults),
  );
}
