import type { Results } from '../results';
import type { LaneFigures } from '../scenarios/laneRun';
import { sumOf } from '../stack/cpu';
import { sumOfCalls } from '../stack/temporalCalls';
import { median } from '../statistics';
import { atLeastTimes, atMost, atMostTimes, type Row, section } from './section';

/** The scenarios of lanes. */
export function laneRowsOf(results: Results): Row[] {
  const { bareInOrder } = results;
  return [
    ...section('H in order', bareInOrder, [{ figure: 'requests', unit: '/s', of: (run) => run }]),
    ...section('ordered', results.ordered, [
      {
        figure: 'delivered',
        unit: '/s',
        of: (run) => run.deliveredRate,
        limit: atLeastTimes(0.5, median(bareInOrder), 'H in order'),
      },
      callsRow(0.1),
      ...cpuRows,
      { figure: 'CPU an event, while held', unit: 'ms', of: ({ acceptCpuMs }) => acceptCpuMs && sumOf(acceptCpuMs) },
    ]),
    ...section('release', results.release, [
      { figure: 'to the last arrival', unit: 's', of: (run) => run.durationS },
      callsRow(0.1),
      ...cpuRows,
    ]),
    ...section('many', results.many, [
      { figure: 'to the last arrival', unit: 's', of: (run) => run.durationS },
      callsRow(0.5),
      ...cpuRows,
    ]),
    ...deepRowsOf(results),
  ];
}

function callsRow(most: number) {
  return {
    figure: 'calls to Temporal an event',
    unit: '' as const,
    of: (run: { callsPerEvent: number | null }) => run.callsPerEvent,
    limit: atMost(most, ''),
  };
}

const cpuRows = [
  { figure: 'CPU an event', unit: 'ms' as const, of: ({ cpuMs }: LaneFigures) => cpuMs && sumOf(cpuMs) },
  { figure: '  of it ours', unit: 'ms' as const, of: ({ cpuMs }: LaneFigures) => cpuMs?.ours },
  { figure: '  of it PostgreSQL', unit: 'ms' as const, of: ({ cpuMs }: LaneFigures) => cpuMs?.postgres },
  { figure: '  of it Temporal', unit: 'ms' as const, of: ({ cpuMs }: LaneFigures) => cpuMs?.temporal },
];

function deepRowsOf({ deep }: Results): Row[] {
  const halfway = median(deep.flatMap(({ memory }) => memory?.filling[4] ?? []));
  return section('deep', deep, [
    { figure: 'accepted', unit: '/s', of: (run) => run.acceptedRate },
    { figure: 'waiting at the return', unit: '', of: (run) => run.waiting },
    { figure: 'to the first probe that succeeds', unit: 'ms', of: (run) => run.probeAfterMs },
    { figure: 'from there to the last arrival', unit: 's', of: (run) => run.durationS },
    { figure: 'delivered', unit: '/s', of: (run) => run.deliveredRate },
    { figure: 'calls to Temporal in all', unit: '', of: ({ calls }) => calls && sumOfCalls(calls) },
    callsRow(0.1),
    { figure: "  of it the healthy one's", unit: '', of: (run) => run.healthyCallsPerEvent },
    { figure: 'memory before', unit: 'MiB', of: ({ memory }) => memory?.first },
    { figure: 'highest, fifth tenth published', unit: 'MiB', of: ({ memory }) => memory?.filling[4] },
    {
      figure: 'highest, last tenth published',
      unit: 'MiB',
      of: ({ memory }) => memory?.filling[9],
      limit: atMostTimes(1.1, halfway, 'fifth tenth'),
    },
    { figure: 'highest of all', unit: 'MiB', of: ({ memory }) => memory?.highest },
    { figure: 'healthy one alone, p99', unit: 'ms', of: (run) => run.healthyP99Ms.alone },
    { figure: 'healthy one while it is published', unit: 'ms', of: (run) => run.healthyP99Ms.filling },
    { figure: 'healthy one while it is delivered', unit: 'ms', of: (run) => run.healthyP99Ms.draining },
  ]);
}
