import type { Results } from '../results';
import { median } from '../statistics';
import { atMost, atMostTimes, type Row, section } from './section';

/** The scenarios of the interfaces. */
export function interfaceRowsOf({ portal, match }: Results): Row[] {
  return [
    ...section('portal', portal, [
      { figure: 'to the last of 20 pages for 10,000 users', unit: 'ms', of: (run) => run.lastArrivalMs },
      { figure: 'to the last of 2 pages for 1,000 users', unit: 'ms', of: (run) => run.fewLastArrivalMs },
      { figure: 'highest memory, 1,000 users', unit: 'MiB', of: (run) => run.memory?.few },
      { figure: 'highest memory, 10,000 users', unit: 'MiB', of: (run) => run.memory?.all },
      {
        figure: '  more than for 1,000',
        unit: 'MiB',
        of: ({ memory }) => memory && memory.all - memory.few,
        limit: atMost(50, 'MiB'),
      },
    ]),
    ...section('match', match, [
      { figure: 'publish p50, 10 subscriptions', unit: 'ms', of: (run) => run.few.p50Ms },
      {
        figure: 'publish p50, 100,000 subscriptions',
        unit: 'ms',
        of: (run) => run.many.p50Ms,
        limit: atMostTimes(1.5, median(match.map((run) => run.few.p50Ms)), 'with 10'),
      },
      { figure: 'publish p99, 10 subscriptions', unit: 'ms', of: (run) => run.few.p99Ms },
      {
        figure: 'publish p99, 100,000 subscriptions',
        unit: 'ms',
        of: (run) => run.many.p99Ms,
        limit: atMostTimes(1.5, median(match.map((run) => run.few.p99Ms)), 'with 10'),
      },
    ]),
  ];
}
