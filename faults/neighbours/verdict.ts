import { median } from '../../bench/statistics';
import type { RoundFigures } from './figures';

/** How many times as long something may take beside the attacker. Default of each: 2. */
export interface TimesLimits {
  publish?: number;
  attempt?: number;
  read?: number;
}

export interface Comparison {
  /** A line of the report for each figure. */
  lines: string[];
  violations: string[];
}

const DEFAULT_TIMES = 2;
/** A difference below it is the machine's: a garbage collection, or a turn of another process. */
const FLOOR_MS = 25;

const FIGURES = [
  { name: 'publish p50', key: 'publishP50', limit: 'publish' },
  { name: 'publish p99', key: 'publishP99', limit: 'publish' },
  { name: 'first attempt p50', key: 'attemptP50', limit: 'attempt' },
  { name: 'first attempt p99', key: 'attemptP99', limit: 'attempt' },
  { name: 'read p50', key: 'readP50', limit: 'read' },
  { name: 'read p99', key: 'readP99', limit: 'read' },
] as const;

/** Compares the medians of the rounds without the attacker with those of the rounds beside it. */
export function compare(
  { alone, beside }: { alone: readonly RoundFigures[]; beside: readonly RoundFigures[] },
  limits: TimesLimits = {},
): Comparison {
  const lines: string[] = [];
  const violations: string[] = [];
  for (const { name, key, limit } of FIGURES) {
    const before = median(alone.map((figures) => figures[key]));
    const after = median(beside.map((figures) => figures[key]));
    const most = limits[limit] ?? DEFAULT_TIMES;
    const line = `victim ${name} ${inMs(before)} → ${inMs(after)} (${(after / before).toFixed(1)} x, limit ${most})`;
    lines.push(line);
    // Written so that NaN, which means that nothing was measured, is a violation too.
    const isWithin = after <= before * most || after - before <= FLOOR_MS;
    if (!isWithin) violations.push(`slowed: ${line}`);
  }
  return { lines, violations };
}

function inMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}
