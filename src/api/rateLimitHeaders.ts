import type { OutgoingHttpHeaders } from 'node:http';
import type { RateLimit } from './rateLimit';

/**
 * How many calls a key has left, as draft-ietf-httpapi-ratelimit-headers has it: `q` calls in `w` seconds; `r` are left, and in
 * `t` seconds all of them.
 */
export function rateLimitHeaders(limit: RateLimit, key: string): OutgoingHttpHeaders {
  const { perSecond, burst } = limit;
  const left = limit.left(key);
  return {
    'ratelimit-policy': `"calls";q=${burst};w=${Math.max(1, Math.round(burst / perSecond))}`,
    ratelimit: `"calls";r=${Math.floor(left)};t=${Math.ceil((burst - left) / perSecond)}`,
  };
}
