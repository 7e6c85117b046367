import type { Verdict } from './checker/check';

export type CaseResult = { name: string } & (
  | {
      kind: 'judged';
      verdict: Verdict;
      figures?: readonly string[];
      from?: string;
      recoveredMs: number | null;
      tookMs: number;
    }
  | { kind: 'notRun'; why: string }
);

const NAME_WIDTH = 26;
const SHOWN_VIOLATIONS = 20;

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
  const ending = `${seconds(result.tookMs)} in all${result.from ? `; from ${result.from}` : ''}`;
  return `${name} ${counts.join(', ')}: ${isFailed(result) ? 'BROKEN' : 'held'} (${ending})`;
}

/** What was measured, a line each. */
export function figureLines(result: CaseResult): string[] {
  return result.kind === 'judged' ? (result.figures ?? []).map((figure) => `    ${figure}`) : [];
}

/** What was broken, a line each, of many the first. */
export function violationLines(result: CaseResult): string[] {
  if (result.kind !== 'judged') return [];
  const { violations } = result.verdict;
  const lines = violations.slice(0, SHOWN_VIOLATIONS).map((violation) => `    ${violation}`);
  const more = violations.length - lines.length;
  return more > 0 ? [...lines, `    and ${more} more`] : lines;
}

/** In words of its own: what counts tests by their runner's closing line must not count these. */
export function summaryOf(results: readonly CaseResult[]): string {
  const namesOf = (these: readonly CaseResult[]) => these.map(({ name }) => name).join(' ');
  const broken = results.filter(isFailed);
  const notRun = results.filter(({ kind }) => kind === 'notRun');
  return [
    `${results.length - broken.length - notRun.length} of ${results.length} cases held`,
    ...(broken.length > 0 ? [`broken: ${namesOf(broken)}`] : []),
    ...(notRun.length > 0 ? [`not run: ${namesOf(notRun)}`] : []),
  ].join('; ');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
