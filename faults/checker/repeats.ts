import type { History, Receipt } from './history';

/** What was acknowledged so long before a fault is recorded by then: the product writes outcomes every second. */
const WRITTEN_WITHIN_MS = 5000;
/** A fault goes on inside until time-outs have run out (a statement's 9 s) and connections are made anew. */
const AFTERMATH_MS = 15_000;

export interface Repeats {
  /** Callbacks of what that subscription had acknowledged already, or was just being asked. */
  count: number;
  /** Those that no fault explains. */
  violations: string[];
}

/** Promise 3: no repeat without a fault, never two attempts of one delivery at once. */
export function findRepeats({ receipts, faults }: History): Repeats {
  const latest = new Map<string, Receipt>();
  const violations: string[] = [];
  let count = 0;
  const isExcused = (atMs: number) =>
    faults.some(({ fromMs, toMs }) => atMs > fromMs - WRITTEN_WITHIN_MS && atMs < toMs + AFTERMATH_MS);
  for (const receipt of receipts) {
    const pair = `${receipt.key} at ${receipt.path}`;
    const before = latest.get(pair);
    latest.set(pair, receipt);
    if (!before) continue;
    const isBeside = before.answeredMs === null || before.answeredMs > receipt.arrivedMs;
    if (!before.isAcknowledged && !isBeside) continue;
    count++;
    if (!isExcused(before.answeredMs ?? before.arrivedMs)) {
      violations.push(`repeated: ${pair} (${receipt.deliveryId}), where no fault was`);
    }
  }
  return { count, violations };
}
