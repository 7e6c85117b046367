import { median } from '../../bench/statistics';
import type { Figure, Sample } from './samples/figures';

/** Within a tenth. A fall is no leak. */
const MAX_RATIO = 1.1;
/** Five minutes each, of 30. The first is for warming up. */
export const PARTS = 6;
const EARLY = 1;
const LATE = PARTS - 1;
/** Of the samples of a part; a process may be down or suspended in some. */
const MIN_SHARE = 0.5;

/** What became of one figure. */
export interface Row extends Figure {
  /** Of each sixth of the run; NaN where it had too few samples. */
  parts: number[];
  early: number;
  late: number;
  ratio: number;
  /** null: not judged. */
  holds: boolean | null;
}

/** Compares the last sixth of the run with the second one. A figure that was not to be had most of the time does not hold. */
export function judge({
  figures,
  samples,
  lengthMs,
}: {
  figures: readonly Figure[];
  samples: readonly Sample[];
  lengthMs: number;
}): Row[] {
  const partOf = ({ atMs }: Sample) => Math.floor((atMs / lengthMs) * PARTS);
  const parts = Array.from({ length: PARTS }, (_, part) => samples.filter((sample) => partOf(sample) === part));
  return figures.map((figure) => {
    const ofParts = parts.map((part) => summaryOf(part, figure));
    const early = ofParts[EARLY] ?? Number.NaN;
    const late = ofParts[LATE] ?? Number.NaN;
    const ratio = early === late ? 1 : late / early;
    return { ...figure, parts: ofParts, early, late, ratio, holds: figure.isJudged ? ratio <= MAX_RATIO : null };
  });
}

function summaryOf(part: readonly Sample[], { name, by }: Figure): number {
  const values = part.map(({ values }) => values[name] ?? null).filter((value) => value !== null);
  if (values.length === 0 || values.length < part.length * MIN_SHARE) return Number.NaN;
  return by === 'lowest' ? Math.min(...values) : median(values);
}
