import { isNativeError } from 'node:util/types';
import type * as z from 'zod';
import { ShareExhausted } from '../domain/fairness/shareExhausted';
import { Refusal } from '../services/errors';
import type { FieldFault, Problem } from './errorForm';

/** A call that the API itself refuses, before or instead of a use case. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = 'ProblemError';
  }
}

/** Seconds after which a call that found PostgreSQL away is worth a repeat. */
const AWAY_RETRY_S = 5;

export function unavailable(cause?: unknown): Problem {
  return { status: 503, detail: 'the service is not available now, try again later', retryAfterS: AWAY_RETRY_S, cause };
}

/** What was thrown while a call was answered, as its caller may see it. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof Refusal) {
    const { status, code, message, field, retryAfterS } = error;
    const errors = field ? [{ field, message }] : undefined;
    return { status, code, detail: message, retryAfterS, cause: error, errors };
  }
  if (error instanceof ShareExhausted) return shareExhausted(error);
  if (isDatabaseAway(error)) return unavailable(error);
  if (isUnstorableText(error)) {
    return { status: 400, detail: 'a text holds a character that cannot be stored', cause: error };
  }
  return { status: 500, detail: 'an internal error, see the log', cause: error };
}

/** Concerns one tenant, whose calls in progress end within milliseconds mostly. */
const SHARE_RETRY_S = 1;

function shareExhausted(error: ShareExhausted): Problem {
  const status = error.because === 'too_many' ? 429 : 503;
  return { status, detail: `${error.message}, try again later`, retryAfterS: SHARE_RETRY_S, cause: error };
}

/** Express 5 throws this for a path segment like `%zz`. */
export function isMalformedPath(error: unknown): boolean {
  return isNativeError(error) && error.name === 'URIError';
}

/** An answer names no more: a body of nothing but faults would be answered, and logged, at ten times its size. */
const MAX_FAULTS = 20;
/** The caller's own names of fields can be as long as the body. */
const MAX_FIELD_LENGTH = 200;

export function invalidInput(error: z.ZodError): ProblemError {
  const errors = error.issues.slice(0, MAX_FAULTS).flatMap(faultsOf).slice(0, MAX_FAULTS);
  const detail = errors.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ');
  return new ProblemError({ status: 400, detail, errors });
}

function faultsOf(issue: z.core.$ZodIssue): FieldFault[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.slice(0, MAX_FAULTS);
    return keys.map((key) => ({ field: fieldName([...path, key]), message: 'is not a known field' }));
  }
  return [{ field: fieldName(path) || 'body', message: issue.message }];
}

function fieldName(path: readonly string[]): string {
  const name = path.join('.');
  return name.length > MAX_FIELD_LENGTH ? `${name.slice(0, MAX_FIELD_LENGTH)}…` : name;
}

/** SQLSTATEs with which PostgreSQL says that it cannot serve now: a repeat may succeed, the call itself is in order. */
const AWAY_STATES = new Set([
  '53300', // too many connections
  '55P03', // lock timeout
  '57014', // statement timeout
  '57P01', // shutting down
  '57P02', // crashed
  '57P03', // starting up
  '40001', // serialization failure
  '40P01', // deadlock
  '25006', // read only: a standby that has not taken over yet
]);
const AWAY_SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** knex finds no connection; a connection lacks a setting that it needs (`db/session.ts`). */
const OWN_FAULTS = new Set(['KnexTimeoutError', 'SessionRefused']);
/** pg and knex give their own faults no code. */
const AWAY_WORDS =
  /^Connection terminated|^timeout exceeded when trying to connect|^timeout expired$|^Client was closed|^Query read timeout|Client has encountered a connection error|^Cannot use a pool after calling end/;

function isDatabaseAway(error: unknown): boolean {
  // Not instanceof: the socket's errors come from Node's own realm, which is another one under jest.
  if (!isNativeError(error)) return false;
  // Of a host with several addresses, every one was tried.
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.some(isDatabaseAway);
  const code = codeOf(error);
  if (code !== null && (code.startsWith('08') || AWAY_STATES.has(code) || AWAY_SOCKET.has(code))) return true;
  return OWN_FAULTS.has(error.name) || AWAY_WORDS.test(error.message);
}

/** A NUL, or half a surrogate pair: JSON has them, PostgreSQL's text has not. */
function isUnstorableText(error: unknown): boolean {
  return isNativeError(error) && ['22021', '22P05'].includes(codeOf(error) ?? '');
}

function codeOf(error: Error): string | null {
  return 'code' in error && typeof error.code === 'string' ? error.code : null;
}
