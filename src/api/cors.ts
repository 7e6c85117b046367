import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { INTERFACES } from './interfaces';

/** What a page may send beside what every page may. */
const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Traceparent',
  'X-Request-Id',
].join(', ');
/** What a page may read beside what every page may. */
const ANSWER_HEADERS = [
  'Allow',
  'ETag',
  'Idempotent-Replayed',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
].join(', ');
const PREFLIGHT_LASTS_S = 7200;

type Asking = Pick<IncomingMessage, 'headers'> & { path: string };

/** Which pages of other origins may call the interfaces that are called from browsers. */
export interface Cors {
  /** For every answer of these interfaces. */
  headers(request: Asking): OutgoingHttpHeaders | undefined;
  /** For the answer to the question that a browser asks before such a call. */
  preflight(request: Asking, methods: readonly string[]): OutgoingHttpHeaders | undefined;
}

/** @param origins as browsers say them, `https://console.example`; `*` is every one; empty is none. */
export function createCors(origins: readonly string[]): Cors {
  const allowed = new Set(origins);
  const isAny = allowed.has('*');

  function headers(request: Asking): OutgoingHttpHeaders | undefined {
    // Most installations name no origin: their calls are not looked at further.
    if (allowed.size === 0 || !isForBrowsers(request.path)) return undefined;
    const { origin } = request.headers;
    if (isAny) return { 'access-control-allow-origin': '*', 'access-control-expose-headers': ANSWER_HEADERS };
    // Also where the page may not: what is kept on the way must not be given to another one.
    if (origin === undefined || !allowed.has(origin)) return { vary: 'Origin' };
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': ANSWER_HEADERS,
      vary: 'Origin',
    };
  }

  return {
    headers,
    preflight(request, methods) {
      const ofAnswer = headers(request);
      const isAsked = request.headers['access-control-request-method'] !== undefined;
      if (!isAsked || ofAnswer?.['access-control-allow-origin'] === undefined) return ofAnswer;
      return {
        ...ofAnswer,
        'access-control-allow-methods': methods.join(', '),
        'access-control-allow-headers': REQUEST_HEADERS,
        'access-control-max-age': String(PREFLIGHT_LASTS_S),
      };
    },
  };
}

function isForBrowsers(path: string): boolean {
  return INTERFACES.some(({ isForBrowsers: is = false, paths }) => is && paths.test(path));
}
