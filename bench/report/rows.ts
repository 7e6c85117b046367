import type { Results } from '../results';
import type { Figures } from '../scenarios/figures';
import type { SlowFigures } from '../scenarios/slow';
import { sumOf } from '../stack/cpu';
import { median } from '../statistics';
import { floodRowsOf } from './floodRows';
import { interfaceRowsOf } from './interfaceRows';
import { laneRowsOf } from './laneRows';
import { peers } from './peers';
import { atLeastTimes, atMost, atMostTimes, type Row, ratioAtLeast, ratioAtMost, section } from './section';

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

/** Ratios are taken pair by pair: what the machine does differently from one pair to the next is in none of them. */
function slowSection(scenario: string, runs: SlowFigures[]): Row[] {
  const ratioOf = (figure: 'deliveredRate' | 'p99Ms') =>
    median(runs.map(({ beside, alone }) => beside[figure] / alone[figure]));
  const aloneRate = median(runs.map((run) => run.alone.deliveredRate));
  return section(scenario, runs, [
    { figure: 'nine alone, delivered', unit: '/s', of: (run) => run.alone.deliveredRate },
    {
      figure: 'nine beside the hanging one',
      unit: '/s',
      of: (run) => run.beside.deliveredRate,
      limit: () => ratioAtLeast(0.95, ratioOf('deliveredRate'), 'alone'),
      peer: peers.slowKept(aloneRate),
    },
    { figure: 'nine alone, p99', unit: 'ms', of: (run) => run.alone.p99Ms },
    {
      figure: 'nine beside the hanging one, p99',
      unit: 'ms',
      of: (run) => run.beside.p99Ms,
      limit: () => ratioAtMost(1.1, ratioOf('p99Ms'), 'alone'),
    },
  ]);
}

function allCpu({ cpuMs }: Figures): number | undefined {
  return cpuMs ? sumOf(cpuMs) : undefined;
}
