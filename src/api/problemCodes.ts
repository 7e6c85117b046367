import * as z from 'zod';
import { REFUSAL_CODES, type RefusalCode } from '../services/errors';

const BY_STATUS = {
  400: 'invalid_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  408: 'request_timeout',
  409: 'conflict',
  412: 'precondition_failed',
  413: 'content_too_large',
  415: 'unsupported_media_type',
  422: 'callback_not_confirmed',
  429: 'too_many_requests',
  431: 'header_too_large',
  500: 'internal_error',
  503: 'unavailable',
} as const satisfies Record<number, string>;

/** Names of what can go wrong, for programs: words change, these do not. One that is new can come in any release. */
export const PROBLEM_CODES = [...Object.values(BY_STATUS), ...REFUSAL_CODES];
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** For the document. */
export const problemCode = z.enum(PROBLEM_CODES).meta({
  id: 'ProblemCode',
  description: 'What went wrong, for programs: a name that stays. New ones can be added.',
  example: 'invalid_request',
});

/** The problem's own, or its status's. */
export function codeOf({ code, status }: { code?: RefusalCode; status: number }): ProblemCode {
  return code ?? (BY_STATUS as Record<number, ProblemCode>)[status] ?? 'internal_error';
}
