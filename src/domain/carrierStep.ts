import type { CarrierStep, LastAnswer } from '../contracts/carrying';
import type { Standing } from './delivery';
import { describeAttempt } from './describeAttempt';
import { attemptsAllowed, type RetryPolicy } from './retryPolicy';

/** A look at the row that comes too early is repeated soon, not at once. */
const MIN_WAIT_MS = 100;

/** What the carrier of `generation` does next, out of the row alone. */
export function stepOf({
  standing,
  generation,
  policy,
}: {
  standing: Standing;
  generation: number;
  policy: RetryPolicy;
}): CarrierStep {
  if (standing.state === 'delivered') return { next: 'end', outcome: 'delivered' };
  if (standing.state === 'cancelled' || standing.cancelled) return { next: 'end', outcome: 'cancelled' };
  if (standing.generation !== generation) return { next: 'end', outcome: 'carried_elsewhere' };
  if (standing.state === 'failed') {
    return { next: 'fail', reason: standing.reason ?? 'failed', last: lastAnswer(standing, policy) };
  }
  if (standing.behindLane) return { next: 'end', outcome: 'behind_lane' };
  if (standing.nextAttemptInMs === null || standing.nextAttemptAt === null) {
    return { next: 'under_way', forMs: Math.max(MIN_WAIT_MS, standing.dueInMs ?? 0), attempt: standing.attempt };
  }
  return {
    next: 'wait',
    waitMs: Math.max(MIN_WAIT_MS, Math.ceil(standing.nextAttemptInMs)),
    nextAttemptAt: standing.nextAttemptAt.toISOString(),
    last: lastAnswer(standing, policy),
  };
}

function lastAnswer({ attempt, failures, last }: Standing, policy: RetryPolicy): LastAnswer {
  return {
    attempt,
    // A retry by hand starts the policy over, while attempt numbers go on.
    attemptsAllowed: attempt - failures + attemptsAllowed(policy),
    text: describeAttempt(last),
  };
}
