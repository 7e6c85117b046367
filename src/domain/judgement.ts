import type { AttemptFault } from './fault';
import { nextWaitMs, type RetryPolicy } from './retryPolicy';

/** What came of one HTTP call, as far as the policy needs it. */
export interface AttemptAnswer {
  /** null: there was no complete answer. */
  statusCode: number | null;
  /** By the rule of its interface. */
  isAcknowledged: boolean;
  retryAfterMs: number | null;
  fault?: AttemptFault | null;
}

/** What an attempt makes of its delivery. */
export type Verdict =
  | { state: 'delivered' }
  | { state: 'failed'; reason: 'gone' | 'retries_exhausted' | 'receiver_unavailable' }
  | { state: 'pending'; waitMs: number };

const GONE = 410;

/** 2xx; redirects are failures too (Standard Webhooks). */
export function isSuccess(statusCode: number): boolean {
  return statusCode >= 200 && statusCode < 300;
}

export interface Attempted {
  answer: AttemptAnswer;
  policy: RetryPolicy;
  /** Failed attempts before this one, since the policy started over. */
  failuresBefore: number;
  /** It has waited for a sick receiver as long as its whole policy lasts: this was its last attempt. */
  isExpired?: boolean;
  random: number;
  /** As in `RetryQuestion`. */
  isNative?: boolean;
  /** As in `RetryQuestion`. */
  isTooEarly?: boolean;
}

/** @returns what happens next with an independent delivery after an attempt. */
export function judge({ answer, policy, failuresBefore, isExpired = false, ...more }: Attempted): Verdict {
  if (answer.isAcknowledged) return { state: 'delivered' };
  // It says nothing of the receiver, and no receiver is to lose an attempt by our restarts.
  if (answer.fault === 'handed_over') return { state: 'pending', waitMs: 0 };
  if (answer.statusCode === GONE) return { state: 'failed', reason: 'gone' };
  if (isExpired) return { state: 'failed', reason: 'receiver_unavailable' };
  const { retryAfterMs } = answer;
  const waitMs = nextWaitMs({ policy, failures: failuresBefore + 1, retryAfterMs, ...more });
  return waitMs === null ? { state: 'failed', reason: 'retries_exhausted' } : { state: 'pending', waitMs };
}
