import { median } from '../statistics';
import type { Peer } from './peers';

/** '': a number as it is. */
export type Unit = '/s' | 'ms' | 's' | 'MiB' | '';

/** What a figure is held against: a ratio to another figure of the same bench, or a number. */
export interface Limit {
  /** In words. */
  rule: string;
  /** What is compared; null: what it is held against was not measured. */
  is: number | null;
  holds: boolean | null;
}

/** One line of the table: one figure of a scenario, one value a run. */
export interface Row {
  scenario: string;
  figure: string;
  unit: Unit;
  values: number[];
  median: number;
  limit: Limit | null;
  peer: Peer | null;
}

/** The rows of one scenario; a figure that no run has is left out. */
export function section<Run>(
  scenario: string,
  runs: Run[],
  figures: {
    figure: string;
    unit: Unit;
    /** null or undefined: not measured. */
    of(run: NoInfer<Run>): number | null | undefined;
    limit?: (median: number) => Limit;
    peer?: Peer;
  }[],
): Row[] {
  return figures.flatMap(({ figure, unit, of, limit, peer }) => {
    const values = runs.map(of).filter((value) => value !== undefined && value !== null);
    if (values.length === 0) return [];
    const middle = median(values);
    return [{ scenario, figure, unit, values, median: middle, limit: limit?.(middle) ?? null, peer: peer ?? null }];
  });
}

export function atMost(most: number, unit: Unit) {
  return (is: number): Limit => ({ rule: `at most ${most} ${unit}`.trimEnd(), is, holds: is <= most });
}

export function atLeastTimes(times: number, base: number, baseName: string) {
  return (median: number): Limit => ratioAtLeast(times, median / base, baseName);
}

export function atMostTimes(times: number, base: number, baseName: string) {
  return (median: number): Limit => ratioAtMost(times, median / base, baseName);
}

export function ratioAtLeast(times: number, is: number, baseName: string): Limit {
  return ratioLimit(`at least ${times} x ${baseName}`, is, is >= times);
}

export function ratioAtMost(times: number, is: number, baseName: string): Limit {
  return ratioLimit(`at most ${times} x ${baseName}`, is, is <= times);
}

/** NaN: what it is held against was not measured. */
function ratioLimit(rule: string, is: number, holds: boolean): Limit {
  return Number.isNaN(is) ? { rule, is: null, holds: null } : { rule, is, holds };
}
