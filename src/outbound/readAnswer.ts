import { oneLine } from './classifyFault';

const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;
const MAX_EXCERPT_BYTES = 4 * 1024;

/** The three forms of RFC 9110 section 5.6.7; the oldest has no time zone and means GMT. */
const HTTP_DATE = /^(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? [\w: -]+$/;

/** Of several, the first. */
const SECONDS = /^(\d+)\s*(?:,|$)/;

const MAX_REDIRECT_LENGTH = 300;
const REDIRECTS = new Set([300, 301, 302, 303, 307, 308]);

/**
 * How long a 429 or 503 asks to wait, in ms, at most 24 h: `Retry-After` as delta-seconds, or as an HTTP-date relative
 * to the answer's own `Date` (the receiver's clock may be off), else to now. Null without one that can be read.
 */
export function retryAfterMs(answer: {
  statusCode: number;
  /** By lower-case name. */
  fields: ReadonlyMap<string, string>;
  nowMs: number;
}): number | null {
  if (answer.statusCode !== 429 && answer.statusCode !== 503) return null;
  const text = answer.fields.get('retry-after')?.trim() ?? '';
  const [, seconds] = SECONDS.exec(text) ?? [];
  const waitMs = seconds
    ? Number(seconds) * 1000
    : parseHttpDate(text) - (parseHttpDate(answer.fields.get('date') ?? '') || answer.nowMs);
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS);
}

/**
 * The beginning of a body as text, at most 4 KiB of UTF-8: invalid bytes and NUL (which PostgreSQL's text refuses)
 * become U+FFFD. Null for an empty body.
 */
export function excerptOf(body: Uint8Array): string | null {
  if (body.length === 0) return null;
  // As a stream: a character that the cut splits is left out instead of replaced.
  const isWhole = body.length <= MAX_EXCERPT_BYTES;
  const text = new TextDecoder('utf-8', { ignoreBOM: true })
    .decode(isWhole ? body : body.subarray(0, MAX_EXCERPT_BYTES), { stream: !isWhole })
    .replaceAll('\0', '\uFFFD');
  if (text.length * 3 <= MAX_EXCERPT_BYTES) return text;
  // Each replacement is longer than what it replaces.
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(MAX_EXCERPT_BYTES));
  return text.slice(0, read);
}

/** What to record of a redirect, in one line; null for any other status. */
export function redirectOf(answer: { statusCode: number; fields: ReadonlyMap<string, string> }): string | null {
  if (!REDIRECTS.has(answer.statusCode)) return null;
  // A location is bytes: whoever writes UTF-8 there means to be read so.
  const location = Buffer.from(answer.fields.get('location') ?? '', 'latin1').toString();
  if (location === '') return 'redirects are not followed; it points nowhere';
  return `redirects are not followed, it points to ${oneLine(location, MAX_REDIRECT_LENGTH)}`;
}

/** NaN when it is none. */
function parseHttpDate(text: string): number {
  if (!HTTP_DATE.test(text)) return Number.NaN;
  return Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`);
}
