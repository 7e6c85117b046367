import { createRandom } from '../../../faults/random';
import { parseOptions } from '../../../faults/soak/options';
import { FAULT_EVERY_MS, LASTS_AT_MOST_MS, planFaults } from '../../../faults/soak/plan';

const KINDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const FIVE_MINUTES_MS = 300_000;
const LENGTH_MS = 6 * FIVE_MINUTES_MS;
const SEEDS = Array.from({ length: 50 }, (_, seed) => seed);

function plan(seed: number, lengthMs = LENGTH_MS) {
  return planFaults({ kinds: KINDS, lengthMs, random: createRandom({ seed, stream: 'soak' }) });
}

test.each([0, 1, 2, 3, 4, 5])('each kind is once in five minutes, in part %i too', (part) => {
  for (const seed of SEEDS) {
    const fromMs = part * FIVE_MINUTES_MS;
    const faults = plan(seed).filter(
      ({ atMs }) => atMs >= fromMs && atMs + LASTS_AT_MOST_MS < fromMs + FIVE_MINUTES_MS,
    );
    expect(faults.map(({ kind }) => kind).sort()).toEqual(KINDS);
  }
});

test('between two faults there is time to heal, and after the last', () => {
  for (const seed of SEEDS) {
    const begins = [...plan(seed).map(({ atMs }) => atMs), LENGTH_MS];
    const gapsMs = begins.slice(1).map((atMs, index) => atMs - (begins[index] ?? 0) - LASTS_AT_MOST_MS);
    expect(Math.min(...gapsMs)).toBeGreaterThanOrEqual(25_000);
  }
});

test('the same seed plans the same, another one something else', () => {
  expect(plan(1)).toEqual(plan(1));
  expect(plan(1)).not.toEqual(plan(2));
});

test('a short run has as many as it has room for', () => {
  expect(plan(1, 4 * 60_000)).toHaveLength(4);
  expect(plan(1, FAULT_EVERY_MS - 1)).toHaveLength(0);
});

describe('options', () => {
  test('the defaults are what counts', () => {
    const { minutes, rate, seed, keep } = parseOptions([]);
    expect({ minutes, rate, keep }).toEqual({ minutes: 30, rate: 16, keep: false });
    expect(Number.isInteger(seed)).toBe(true);
  });

  test('each can be given', () => {
    const args = ['--minutes', '4', '--rate', '10', '--seed', '7', '--keep'];
    expect(parseOptions(args)).toEqual({ minutes: 4, rate: 10, seed: 7, keep: true });
  });

  test.each([
    ['--minutes', '0'],
    ['--minutes', '1.5'],
    ['--rate', 'many'],
    ['--seed', '-1'],
    ['--other', '1'],
  ])('%s %s is refused', (name, value) => {
    expect(() => parseOptions([name, value])).toThrow(name);
  });
});
