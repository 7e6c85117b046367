import type { Hit, Reply } from '../../support/receiver';

/**
 * A receiver that takes so many calls in each second of its clock, and answers the others with 429 and `Retry-After`,
 * as services with a quota do.
 */
export function limitedTo({ perSecond, retryAfterS = 1 }: { perSecond: number; retryAfterS?: number }) {
  let second = 0;
  let taken = 0;
  let refused = 0;
  return {
    refused: () => refused,
    answer(_hitNumber: number, { at }: Hit): Reply {
      const now = Math.floor(at / 1000);
      if (now !== second) {
        second = now;
        taken = 0;
      }
      if (taken < perSecond) {
        taken++;
        return {};
      }
      refused++;
      return { status: 429, headers: { 'retry-after': String(retryAfterS) } };
    },
  };
}
