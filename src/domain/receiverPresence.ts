import type { AttemptFault, Fault } from './fault';

/** What came of one HTTP call, as far as it says whether anybody is there. */
export interface PresenceAnswer {
  /** null: not even the line with the status came; `fault` says why. */
  statusCode: number | null;
  fault: AttemptFault | null;
  /** By the rule of its interface, which may take any status for an acknowledgement. */
  isAcknowledged: boolean;
}

/** So many absences in a row, of whichever deliveries, make a subscription's receiver sick. */
export const SICK_AFTER = 5;

const TOO_MANY_REQUESTS = 429;
/** A refusal of ours (egress policy, shutdown) says nothing of the receiver. */
const ABSENCES: ReadonlySet<AttemptFault> = new Set(['refused', 'reset', 'timeout', 'dns', 'tls'] satisfies Fault[]);

/** Nobody is there, or nobody who can take anything now; what another message would meet too. */
export function isReceiverAbsent({ statusCode, fault, isAcknowledged }: PresenceAnswer): boolean {
  if (isAcknowledged) return false;
  // One who breaks off, or says a status and no more, would do the same to another message.
  if (fault !== null && ABSENCES.has(fault)) return true;
  return statusCode !== null && (statusCode === TOO_MANY_REQUESTS || statusCode >= 500);
}

/** It answered for itself, if only to refuse this one message. */
export function isReceiverThere(answer: PresenceAnswer): boolean {
  return answer.statusCode !== null && !isReceiverAbsent(answer);
}

const FIRST_PROBE_WAITS_MS = [10_000, 30_000];
const PROBE_WAIT_MS = 60_000;

/** Milliseconds until a sick receiver is probed again. @param failedProbes since it became sick. */
export function probeWaitMs({
  failedProbes,
  retryAfterMs,
}: {
  failedProbes: number;
  retryAfterMs: number | null;
}): number {
  return Math.max(FIRST_PROBE_WAITS_MS[failedProbes] ?? PROBE_WAIT_MS, retryAfterMs ?? 0);
}
