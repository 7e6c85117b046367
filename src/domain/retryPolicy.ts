/** A named schedule, or the waits themselves in seconds. */
export type RetryPolicy = 'gateway' | 'push' | readonly number[];

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Waits in seconds, each counted from the end of an attempt (gateway.md, data-push.md). */
const SCHEDULES = {
  gateway: [10, 30, ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30].map((minutes) => minutes * MINUTE), HOUR, 2 * HOUR],
  push: [10, 30, MINUTE, 2 * MINUTE, 5 * MINUTE],
} as const satisfies Record<string, readonly number[]>;

const MAX_RETRY_AFTER_MS = 24 * HOUR * 1000;
const JITTER = 0.1;
/** Of a call that only came too early. Its receiver's pace says when the next one may begin. */
const TOO_EARLY_WAIT_S = 1;

export function waitsOf(policy: RetryPolicy): readonly number[] {
  return typeof policy === 'string' ? SCHEDULES[policy] : policy;
}

/** Attempts in all that a policy allows: the first one and each of its repeats. */
export function attemptsAllowed(policy: RetryPolicy): number {
  return waitsOf(policy).length + 1;
}

/** Milliseconds from the first attempt to the last, were each answered at once. */
export function policyDurationMs(policy: RetryPolicy): number {
  return waitsOf(policy).reduce((sum, waitS) => sum + waitS * 1000, 0);
}

/** What has waited so long for a sick receiver has one attempt left: as long as its whole policy lasts, and at least an hour. */
export function expiresAfterMs(policy: RetryPolicy): number {
  return Math.max(HOUR * 1000, policyDurationMs(policy));
}

export interface RetryQuestion {
  policy: RetryPolicy;
  /** Failed attempts so far, this one included: 1 after the first. */
  failures: number;
  /** What a receiver asked for with 429 or 503: it lengthens a wait, never shortens it, and at most to 24 h. */
  retryAfterMs: number | null;
  /** 0 <= random < 1: where in the jitter of ±10 % this wait lies. */
  random: number;
  /** Its subscriber has chosen the schedule by its name: then the gateway's has jitter too. Default false. */
  isNative?: boolean;
  /** A receiver that takes its other calls has refused this one: it came too early. Default false. */
  isTooEarly?: boolean;
}

/**
 * Milliseconds until the next attempt, or null when the policy is used up. To the interfaces that follow it the gateway's
 * waits are published: no jitter. A native subscription has it with every schedule, since its default is the gateway's. A
 * native delivery that only came too early is due again after a second: the receiver is there, and is called at its pace.
 */
export function nextWaitMs(question: RetryQuestion): number | null {
  const { policy, failures, retryAfterMs, random, isNative = false, isTooEarly = false } = question;
  const waits = waitsOf(policy);
  const scheduledS = waits[failures - 1];
  if (scheduledS === undefined) return null;
  const waitS = isNative && isTooEarly ? Math.min(TOO_EARLY_WAIT_S, scheduledS) : scheduledS;
  const jitter = policy === 'gateway' && !isNative ? 1 : 1 - JITTER + 2 * JITTER * random;
  return Math.max(Math.round(waitS * 1000 * jitter), Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
}
