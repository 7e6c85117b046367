import type { InterfaceName } from '../../contracts/states';
import type { DeliveryToAttempt, Settled } from '../../domain/delivery';
import type { Fault } from '../../domain/fault';
import type { Verdict } from '../../domain/judgement';
import type { RetryPolicy } from '../../domain/retryPolicy';
import type { Place } from './gate';

/** What an attempt needs of its subscription, as it stands at this attempt. */
export interface AttemptTarget {
  id: string;
  interface: InterfaceName;
  tenantId: string;
  appId: string;
  callbackUrl: string;
  callbackHost: string;
  timeoutMs: number;
  retry: RetryPolicy;
  maxInFlight: number;
  /** For its interface's callback format. */
  interfaceData: Readonly<Record<string, unknown>>;
  /** Newest first. */
  secrets: readonly { secret: string; expiresAtMs: number | null }[];
}

/** One signed HTTP call. The result of whatever the receiver does; it never throws for that. */
export interface CallResult {
  statusCode: number | null;
  isAcknowledged: boolean;
  fault: Fault | null;
  /** Why it is no acknowledgement, where its status alone does not say so. */
  error: string | null;
  retryAfterMs: number | null;
  responseExcerpt: string | null;
  durationMs: number;
}

export interface Attempted {
  delivery: DeliveryToAttempt;
  target: AttemptTarget;
  result: CallResult;
  verdict: Verdict;
}

/**
 * How an attempt ended for its delivery. `unsent`: it was not made (no room in time, or put behind its lane); the row
 * says what is next. `settled` is null when the outcome came too late to change anything.
 */
export type AttemptEnd = { kind: 'unsent' } | { kind: 'ended'; settled: Settled | null; attempted: Attempted };

/** An attempt that this process holds the claim of. */
export interface UnderWay {
  readonly delivery: DeliveryToAttempt;
  readonly ended: Promise<AttemptEnd>;
  /** The delivery has a workflow of its own, which must hear of the end; else its consignment or lane is responsible. */
  hasOwnWorkflow: boolean;
  /** When it was claimed, by this process's monotonic clock. */
  readonly startedAtMs: number;
  /** The call has begun; until then it waits for its turn. */
  isSent: boolean;
  /** A local activity in this process waits for the end and acts on it. */
  isAttended: boolean;
}

/** A place in the gate's queue of an attempt that was not sent yet. */
export interface Unsent extends Place {
  readonly delivery: DeliveryToAttempt;
  drop(): void;
}
