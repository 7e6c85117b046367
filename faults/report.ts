import type { Verdict } from './checker/check';

export type CaseResult = { name: string } & (
  | { kind: 'judged'; verdict: Verdict; recoveredMs: number | null; tookMs: number }
  | { kind: 'notRun'; why: string }
);

const NAME_WIDTH = 26;

export function isFailed(result: CaseResult): boolean {
  return result.kind === 'judged' && result.verdict.violations.length > 0;
}

/** One line: what was published (of it with an unknown outcome), delivered, repeated, lost, how long it took to recover. */
export function lineOf(result: CaseResult): string {
  const name = result.name.padEnd(NAME_WIDTH);
  if (result.kind === 'notRun') return `${name} not run: ${result.why}`;
  const { published, uncertain, delivered, repeated, lost } = result.verdict;
  const recovered = result.recoveredMs === null ? 'not recovered' : `recovered in ${seconds(result.recoveredMs)}`;
  const counts = [
    `published ${published} (${uncertain} uncertain)`,
    `delivered ${delivered}`,
    `repeated ${repeated}`,
    `lost ${lost}`,
    recovered,
  ];
  return `${name} ${counts.join(', ')}: ${isFailed(result) ? 'FAILED' : 'passed'} (${seconds(result.tookMs)} in all)`;
}

export function summaryOf(results: readonly CaseResult[]): string {
  const failed = results.filter(isFailed).length;
  const notRun = results.filter(({ kind }) => kind === 'notRun').length;
  return `${results.length - failed - notRun} passed, ${failed} failed${notRun > 0 ? `, ${notRun} not run` : ''}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
