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

/**
 * Neither an absence nor a presence: the receiver is there and limits its callers, which is the pace's business (`Pace`),
 * and it says nothing of a receiver that was not there before. One that answers nothing else for minutes is counted as
 * absent by the pace.
 */
export const TOO_MANY_REQUESTS = 429;
/** A refusal of ours (egress policy, shutdown) says nothing of the receiver. */
const ABSENCES: ReadonlySet<AttemptFault> = new Set(['refused', 'reset', 'timeout', 'dns', 'tls'] satisfies Fault[]);

/** Nobody is there, or nobody who can take anything now; what another message would meet too. */
export function isReceiverAbsent({ statusCode, fault, isAcknowledged }: PresenceAnswer): boolean {
  if (isAcknowledged) return false;
  // It was seen, whatever becomes of its body.
  if (statusCode === TOO_MANY_REQUESTS) return false;
  // One who breaks off, or says a status and no more, would do the same to another message.
  if (fault !== null && ABSENCES.has(fault)) return true;
  return statusCode !== null && statusCode >= 500;
}

/** It answered for itself, if only to refuse this one message. */
export function isReceiverThere(answer: PresenceAnswer): boolean {
  if (answer.statusCode === null || isReceiverAbsent(answer)) return false;
  return answer.isAcknowledged || answer.statusCode !== TOO_MANY_REQUESTS;
}

const FIRST_PROBE_WAITS_MS = [10_000, 30_000];
const PROBE_WAIT_MS = 60_000;
/** Of the waits that repeat: without it, a receiver that is up for 15 s of every 30 s can be met down for ever. */
const PROBE_JITTER = 0.25;

/** Milliseconds until a sick receiver is probed again. @param failedProbes since it became sick. */
export function probeWaitMs({
  failedProbes,
  retryAfterMs,
  random = 0.5,
}: {
  failedProbes: number;
  retryAfterMs: number | null;
  /** 0 <= random < 1: where in the jitter of ±25 % a wait of 60 s lies. */
  random?: number;
}): number {
  const repeatedMs = Math.round(PROBE_WAIT_MS * (1 - PROBE_JITTER + 2 * PROBE_JITTER * random));
  return Math.max(FIRST_PROBE_WAITS_MS[failedProbes] ?? repeatedMs, retryAfterMs ?? 0);
}
