import { percentile } from '../../bench/statistics';
import type { History } from '../checker/history';
import type { Read } from './reads';

/** A round of the victim's publishes, by the journal's clock. */
export interface Window {
  fromMs: number;
  toMs: number;
  /** When the round was given up: what had not come by then counts as having come then. */
  endMs: number;
  reads: readonly Read[];
}

/** What the victim met in a round, in milliseconds; NaN when it published nothing. */
export interface RoundFigures {
  /** From the first byte of its first try to its 000. */
  publishP50: number;
  publishP99: number;
  /** From the same moment to the arrival of the first attempt. */
  attemptP50: number;
  attemptP99: number;
  /** Of its GETs. */
  readP50: number;
  readP99: number;
}

/** @param sentMs by the journal's clock. */
export function isWithin({ fromMs, toMs }: Pick<Window, 'fromMs' | 'toMs'>, sentMs: number): boolean {
  return sentMs >= fromMs && sentMs < toMs;
}

/** @param path of the victim's subscription. */
export function roundFigures({ publishes, receipts }: History, path: string, window: Window): RoundFigures {
  const arrivedMs = new Map<string, number>();
  for (const receipt of receipts) {
    if (receipt.path === path && !arrivedMs.has(receipt.key)) arrivedMs.set(receipt.key, receipt.arrivedMs);
  }
  const sent = [...publishes.values()].filter(({ sentMs }) => isWithin(window, sentMs));
  const took = sent.map(({ sentMs, answeredMs }) => Math.min(answeredMs ?? window.endMs, window.endMs) - sentMs);
  const waited = sent.map(({ key, sentMs }) => Math.min(arrivedMs.get(key) ?? window.endMs, window.endMs) - sentMs);
  const readMs = window.reads.map(({ tookMs }) => tookMs);
  return {
    publishP50: percentile(took, 50),
    publishP99: percentile(took, 99),
    attemptP50: percentile(waited, 50),
    attemptP99: percentile(waited, 99),
    readP50: percentile(readMs, 50),
    readP99: percentile(readMs, 99),
  };
}
