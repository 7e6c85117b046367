import type { Results } from '../results';
import { median } from '../statistics';
import { atMostTimes, type Row, section } from './section';

export function floodRowsOf({ flood }: Results): Row[] {
  return section('flood', flood, [
    { figure: 'refused', unit: '/s', of: (run) => run.refusedRate },
    { figure: 'publish p50 alone', unit: 'ms', of: (run) => run.alone.p50Ms },
    { figure: 'publish p50 beside the flood', unit: 'ms', of: (run) => run.beside.p50Ms },
    { figure: 'publish p99 alone', unit: 'ms', of: (run) => run.alone.p99Ms },
    {
      figure: 'publish p99 beside the flood',
      unit: 'ms',
      of: (run) => run.beside.p99Ms,
      limit: atMostTimes(2, median(flood.map((run) => run.alone.p99Ms)), 'alone'),
    },
  ]);
}
