import type { DeliveryState, SubscriptionState } from '../contracts/states';
import type { RecordedAttempt } from './describeAttempt';
import type { AttemptFault } from './fault';

/** What of an event its producer says. */
export interface EventContent {
  tenantId: string;
  source: string;
  topic: string;
  type: string;
  status: string;
  key: string;
  /** JSON text as the producer sent it. */
  changes: string;
}

/** By which key it came, and whose that is; null: of no tenant, of no app. */
export interface Publisher {
  tenantId: string | null;
  appId: string | null;
  keyId: string;
}

/** An event as its callback shows it. */
export interface StoredEvent extends EventContent {
  id: string;
  acceptedAt: Date;
}

/** A claimed attempt: the right to make this one HTTP call, and what it needs. */
export interface DeliveryToAttempt {
  deliveryId: string;
  generation: number;
  /** Number of this attempt, from 1 over the delivery's whole life. */
  attempt: number;
  /** Failed attempts since the policy started over. */
  failures: number;
  subscriptionId: string;
  subscriptionVersion: number;
  /** Of the names that its subscription has, the one that the event matched. */
  topic: string;
  event: StoredEvent;
}

/** One finished HTTP call and what it makes of its delivery. */
export interface Outcome {
  deliveryId: string;
  generation: number;
  attempt: number;
  /** Milliseconds from the start of the call until this is written; PostgreSQL's clock turns it into a moment. */
  startedAgoMs: number;
  durationMs: number;
  statusCode: number | null;
  fault: AttemptFault | null;
  /** In words, which may quote the receiver. */
  error: string | null;
  responseExcerpt: string | null;
  state: Exclude<DeliveryState, 'cancelled'>;
  reason: string | null;
  /** For `pending`: milliseconds from the end of the call to the next attempt. */
  waitMs: number | null;
}

/** How a delivery stands after its outcome was written. */
export interface Settled {
  deliveryId: string;
  state: DeliveryState;
  nextAttemptAt: Date | null;
  behindLane: boolean;
  /** It made its lane awake: whoever recorded it tells the lane's workflow. */
  wokeLane: boolean;
}

/** How a delivery stands, for a carrier whose claim failed. */
export interface Standing {
  deliveryId: string;
  state: DeliveryState;
  reason: string | null;
  generation: number;
  attempt: number;
  failures: number;
  topic: string;
  subscriptionId: string;
  /** An open cancellation covers it, though the row is still pending. */
  cancelled: boolean;
  subscriptionState: SubscriptionState;
  subscriptionVersion: number;
  behindLane: boolean;
  /** What fails now goes behind it. */
  isLaneInUse: boolean;
  /** Null while an attempt is under way. */
  nextAttemptAt: Date | null;
  nextAttemptInMs: number | null;
  /** Until the claim of the attempt under way runs out. */
  dueInMs: number | null;
  last: RecordedAttempt | null;
}
