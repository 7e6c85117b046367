import type { Results } from '../results';
import type { Figures } from '../scenarios/figures';
import type { SlowFigures } from '../scenarios/slow';
import { sumOf } from '../stack/cpu';
import { median } from '../statistics';
import { floodRowsOf } from './floodRows';
import { interfaceRowsOf } from './interfaceRows';
import { laneRowsOf } from './laneRows';
import { peers } from './peers';
import { atLeastTimes, atMost, atMostTimes, type Row, section } from './section';

export function rowsOf(results: Results): Row[] {
  const rate = median(results.bareTemporal.map((run) => run.rate));
  const p50Ms = median(results.bareTemporal.map((run) => run.p50Ms));
  return [
    ...section('H: bare HTTP', results.bareHttp, [{ figure: 'requests', unit: '/s', of: (run) => run }]),
    ...section('T: bare Temporal', results.bareTemporal, [
      { figure: 'workflows', unit: '/s', of: (run) => run.rate },
      { figure: 'one at a time, p50', unit: 'ms', of: (run) => run.p50Ms },
    ]),
    ...section('burst', results.burst, [
      { figure: 'accepted', unit: '/s', of: (run) => run.acceptedRate },
      {
        figure: 'delivered',
        unit: '/s',
        of: (run) => run.deliveredRate,
        limit: atLeastTimes(12, rate, "T's rate"),
        peer: peers.burstRate,
      },
      { figure: 'CPU a delivery', unit: 'ms', of: allCpu, limit: atMost(2, 'ms'), peer: peers.burstCpuMs },
      { figure: '  of it ours', unit: 'ms', of: (run) => run.cpuMs?.ours },
      { figure: '  of it PostgreSQL', unit: 'ms', of: (run) => run.cpuMs?.postgres },
      { figure: '  of it Temporal', unit: 'ms', of: (run) => run.cpuMs?.temporal },
    ]),
    ...section('steady', results.steady, [
      {
        figure: 'p50',
        unit: 'ms',
        of: (run) => run.p50Ms,
        limit: atMostTimes(0.25, p50Ms, "T's p50"),
        peer: peers.steadyP50Ms,
      },
      {
        figure: 'p99',
        unit: 'ms',
        of: (run) => run.p99Ms,
        limit: atMostTimes(0.7, p50Ms, "T's p50"),
        peer: peers.steadyP99Ms,
      },
    ]),
    ...section('fan-out', results.fanOut, [
      {
        figure: 'delivered',
        unit: '/s',
        of: (run) => run.deliveredRate,
        limit: atLeastTimes(25, rate, "T's rate"),
        peer: peers.fanOutRate,
      },
      { figure: 'CPU a delivery', unit: 'ms', of: allCpu, limit: atMost(0.8, 'ms') },
      { figure: '  of it ours', unit: 'ms', of: (run) => run.cpuMs?.ours },
      { figure: '  of it PostgreSQL', unit: 'ms', of: (run) => run.cpuMs?.postgres },
      { figure: '  of it Temporal', unit: 'ms', of: (run) => run.cpuMs?.temporal },
    ]),
    ...slowSection('slow, 500 at once', results.slowAtOnce),
    ...slowSection('slow, half the burst rate', results.slowAtHalfRate),
    ...laneRowsOf(results),
    ...interfaceRowsOf(results),
    ...floodRowsOf(results),
  ];
}

function slowSection(scenario: string, runs: SlowFigures[]): Row[] {
  const alone = (of: (figures: Figures) => number) => median(runs.map((run) => of(run.alone)));
  const deliveredRate = ({ deliveredRate }: Figures) => deliveredRate;
  const p99Ms = ({ p99Ms }: Figures) => p99Ms;
  return section(scenario, runs, [
    { figure: 'nine alone, delivered', unit: '/s', of: (run) => run.alone.deliveredRate },
    {
      figure: 'nine beside the hanging one',
      unit: '/s',
      of: (run) => run.beside.deliveredRate,
      limit: atLeastTimes(0.95, alone(deliveredRate), 'alone'),
      peer: peers.slowKept(alone(deliveredRate)),
    },
    { figure: 'nine alone, p99', unit: 'ms', of: (run) => run.alone.p99Ms },
    {
      figure: 'nine beside the hanging one, p99',
      unit: 'ms',
      of: (run) => run.beside.p99Ms,
      limit: atMostTimes(1.1, alone(p99Ms), 'alone'),
    },
  ]);
}

function allCpu({ cpuMs }: Figures): number | undefined {
  return cpuMs ? sumOf(cpuMs) : undefined;
}
