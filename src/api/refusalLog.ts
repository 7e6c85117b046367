import type { Logger } from 'pino';
import { LruMap } from '../domain/lruMap';
import { createRateLimit } from './rateLimit';

export interface RefusalLine {
  requestId: string;
  /** What the caller got; an interface can answer refusals with 200. */
  status: number;
  method: string;
  path: string;
  /** Undefined or empty: nobody's. */
  keyId: string | undefined;
  detail: string | undefined;
}

/** Of one key, and of all callers without one together. */
const LINES = { perSecond: 1, burst: 10 };
/** Keys whose left out lines are counted. */
const MAX_COUNTED = 10_000;

/**
 * One line a refusal. Of those that cost their caller nothing, 429 and whatever comes without a valid key, only so many are
 * written, and the next one says how many were not: a flood is told in a line a second. The metrics count them all.
 */
export function createRefusalLog(log: Logger) {
  const lines = createRateLimit(LINES);
  const leftOut = new LruMap<string, number>(MAX_COUNTED);

  return (line: RefusalLine, { isFree }: { isFree: boolean }): void => {
    const who = line.keyId ?? '';
    const count = leftOut.get(who);
    if (isFree && lines.take(who) > 0) {
      leftOut.set(who, (count ?? 0) + 1);
      return;
    }
    leftOut.delete(who);
    log.info({ ...line, leftOut: count }, 'request.refused');
  };
}
