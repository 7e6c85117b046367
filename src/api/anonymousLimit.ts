import { createRateLimit } from './rateLimit';

export interface AnonymousLimits {
  /** Calls without a key, for each route and each address. */
  perAddress: { perSecond: number; burst: number };
  /** The same for all addresses together, of which a caller can have many. */
  perRoute: { perSecond: number; burst: number };
}

/**
 * Monitoring asks once in some seconds, a browser loads the documents with seven calls. A call takes some 0.2 ms, so a route
 * takes 4 % of the event loop at most; one that sends a large document counts as several (`anonymousCost`).
 */
export const ANONYMOUS_LIMITS: AnonymousLimits = {
  perAddress: { perSecond: 50, burst: 100 },
  perRoute: { perSecond: 200, burst: 400 },
};

export interface AnonymousCall {
  /** Its path, or what stands for all paths that no route takes. */
  route: string;
  address: string;
  /** Default 1. */
  cost?: number;
}

/**
 * The share of callers who show no key: for the routes that need none, and for paths that no route takes. Each route has its
 * own, so that a flood of one does not keep a probe from `/healthz`.
 *
 * @returns takes one call: 0, or the seconds until there is room for it.
 */
export function createAnonymousLimit(limits: AnonymousLimits): (call: AnonymousCall) => number {
  const perAddress = createRateLimit(limits.perAddress);
  const perRoute = createRateLimit(limits.perRoute);
  return ({ route, address, cost }) => perAddress.take(`${route} ${address}`, cost) || perRoute.take(route, cost);
}
