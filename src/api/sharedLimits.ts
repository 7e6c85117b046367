import { FairSlots } from '../domain/fairness/fairSlots';
import { ANONYMOUS_LIMITS, type AnonymousLimits, createAnonymousLimit } from './anonymousLimit';
import { ConnectionShares, SHARE_LIMITS, type ShareLimits } from './connections/connectionShares';
import { createHoldBack, type HoldBack } from './holdBack';
import { INFLATE_SLOTS } from './inflate';
import { ParseTurns } from './parseTurns';
import { createRateLimit } from './rateLimit';
import { bodyLimitBytes, type Route } from './route';

export interface SharedLimitsOptions {
  maxEventBytes: number;
  /** Calls per second and key; twice as many at once. */
  rateLimitPerKey: number;
  /** Bytes of bodies per second and key; twice as many at once, and at least one body of each route. */
  rateLimitBytesPerKey: number;
  /** Default: SHARE_LIMITS. */
  shareLimits?: ShareLimits;
  /** Default: ANONYMOUS_LIMITS. */
  anonymousLimits?: AnonymousLimits;
  /** Default: `createHoldBack`'s. */
  holdBack?: HoldBack;
}

/** Everything that the callers of one process share before a use case is called: see docs/architecture.md, "Ways in". */
export function createSharedLimits(options: SharedLimitsOptions, routes: readonly Route[]) {
  const { rateLimitPerKey, rateLimitBytesPerKey, maxEventBytes } = options;
  const largestBody = Math.max(0, ...routes.map((route) => bodyLimitBytes(route, maxEventBytes)));
  return {
    connections: new ConnectionShares(options.shareLimits ?? SHARE_LIMITS),
    takeAnonymous: createAnonymousLimit(options.anonymousLimits ?? ANONYMOUS_LIMITS),
    rateLimit: createRateLimit({ perSecond: rateLimitPerKey, burst: 2 * rateLimitPerKey }),
    byteLimit: createRateLimit({
      perSecond: rateLimitBytesPerKey,
      burst: Math.max(2 * rateLimitBytesPerKey, largestBody),
    }),
    parseTurns: new ParseTurns(),
    inflateSlots: new FairSlots({ slots: INFLATE_SLOTS }),
    holdBack: options.holdBack ?? createHoldBack(),
  };
}
