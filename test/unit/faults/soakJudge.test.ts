import { judge } from '../../../faults/soak/judge';
import { type Figure, figuresOf, type Sample } from '../../../faults/soak/samples/figures';
import { tableOf } from '../../../faults/soak/table';

const MINUTE_MS = 60_000;
const LENGTH_MS = 30 * MINUTE_MS;
const EVERY_MS = 5000;

const memory: Figure = { name: 'memory', unit: 'MiB', isJudged: true };

/** A run in which a figure is what `at` says of each minute; null: not to be had. */
function sampled(at: (minute: number) => number | null): Sample[] {
  return Array.from({ length: LENGTH_MS / EVERY_MS }, (_, index) => {
    const atMs = index * EVERY_MS;
    return { atMs, values: { memory: at(atMs / MINUTE_MS) } };
  });
}

function rowOf(at: (minute: number) => number | null, figure = memory) {
  const [row] = judge({ figures: [figure], samples: sampled(at), lengthMs: LENGTH_MS });
  if (!row) throw new Error('there is no row');
  return row;
}

describe('minutes 25 to 30 against minutes 5 to 10', () => {
  test.each<[string, (minute: number) => number | null, boolean]>([
    ['as it was', () => 100, true],
    ['a tenth more', (minute) => (minute < 25 ? 100 : 110), true],
    ['a little over a tenth more', (minute) => (minute < 25 ? 100 : 110.5), false],
    ['half of it, which is no leak', (minute) => (minute < 25 ? 100 : 50), true],
    ['a leak of half a percent a minute', (minute) => 100 + minute / 2, true],
    ['a leak of one percent a minute', (minute) => 100 + minute, false],
    ['growth in the first five minutes, which warm up', (minute) => (minute < 5 ? 10 : 100), true],
    ['growth between the windows that is given back', (minute) => (minute > 12 && minute < 20 ? 500 : 100), true],
    ['a moment far above the rest', (minute) => (minute === 27 ? 10_000 : 100), true],
    ['nothing, and nothing', () => 0, true],
    ['nothing, and something', (minute) => (minute < 25 ? 0 : 1), false],
    ['not to be had at all', () => null, false],
    ['not to be had most of the last minutes', (minute) => (minute > 26 ? null : 100), false],
    ['not to be had now and then', (minute) => (Math.floor(minute * 12) % 3 === 0 ? null : 100), true],
  ])('%s', (_, at, holds) => {
    expect(rowOf(at).holds).toBe(holds);
  });

  test('what is only shown holds neither nor not', () => {
    expect(rowOf((minute) => 100 * minute, { ...memory, isJudged: false }).holds).toBeNull();
  });

  test('the medians of each five minutes are kept', () => {
    const { parts, early, late, ratio } = rowOf((minute) => Math.floor(minute / 5) + 1);
    expect({ parts, early, late, ratio }).toEqual({ parts: [1, 2, 3, 4, 5, 6], early: 2, late: 6, ratio: 3 });
  });

  const heap: Figure = { ...memory, by: 'lowest' };

  test('of what rises and falls by itself the lowest counts', () => {
    // Collected every four minutes: the windows end at another height of it.
    expect(rowOf((minute) => 40 + 5 * (minute % 4), heap).holds).toBe(true);
    expect(rowOf((minute) => 40 + 5 * (minute % 4) + minute / 4, heap).holds).toBe(false);
  });
});

test('judged are memory and open files of those that live throughout, and the open workflows', () => {
  const figures = figuresOf({ living: ['api-1'], others: ['api-2'] });
  expect(figures.filter(({ isJudged }) => isJudged).map(({ name }) => name)).toEqual([
    'api-1 memory',
    'api-1 heap',
    'api-1 open files',
    'open workflows',
  ]);
});

test('the table has a line for each figure', () => {
  const rows = [rowOf((minute) => 100 + minute), rowOf(() => null, { name: 'gone', unit: '', isJudged: false })];
  const [head, rule, ...lines] = tableOf(rows, { lengthMs: LENGTH_MS })
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  expect(head?.slice(1, -1)).toEqual([
    ...['figure', 'minutes 5 to 10', 'the last 5', 'ratio', 'holds', 'every 5 minutes'],
  ]);
  expect(rule?.slice(1, -1)).toEqual(Array(6).fill('---'));
  expect(lines.map((cells) => cells.slice(1, 6))).toEqual([
    ['memory, MiB', '107', '127', '1.19', 'NO'],
    ['gone', '-', '-', 'NaN', 'shown'],
  ]);
});
