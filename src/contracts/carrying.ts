import type { DeliveryCarrier } from './ids';

/** Signals of `delivery/…`. All are idempotent, and ignored once the delivery is finished. */
export const SIGNAL_RETRY_NOW = 'retryNow';
export const SIGNAL_CANCEL = 'cancel';
/** Of Postrider itself: an attempt has ended that the workflow had stopped waiting for. */
export const SIGNAL_ATTEMPT_ENDED = 'attemptEnded';

/** Signal of `lane/…`: something new waits behind it, or it may run again. */
export const SIGNAL_WAKE = 'wake';

/** Failure types that end a workflow as Failed; the closed list. */
export const DELIVERY_FAILED = 'DeliveryFailed';

/** What the Temporal UI shows on top of a delivery's page. */
export interface DeliverySubject {
  tenantId: string;
  subscriptionId: string;
  topic: string;
  callbackHost: string;
}

export interface DeliveryInput extends DeliveryCarrier {
  subject: DeliverySubject;
}

export interface ConsignmentInput {
  /** Of all of them. */
  generation: number;
  deliveryIds: string[];
}

/** What became of a consignment's deliveries. Those handed over or retrying have workflows of their own. */
export interface ConsignmentResult {
  delivered: number;
  handedOver: number;
  retrying: number;
  behindLane: number;
}

export interface LaneInput {
  subscriptionId: string;
  topic: string;
  subject: DeliverySubject;
}

export interface LastAnswer {
  attempt: number;
  attemptsAllowed: number;
  /** In plain words: "503", "timeout after 15000 ms". */
  text: string;
}

/** What a delivery's workflow does after a look at its row. */
export type CarrierStep =
  | { next: 'end'; outcome: 'delivered' | 'cancelled' | 'behind_lane' | 'carried_elsewhere' }
  | { next: 'fail'; reason: string; last: LastAnswer }
  /** nextAttemptAt: ISO 8601, for reading only; the wait itself is a duration, whatever the clocks say. */
  | { next: 'wait'; waitMs: number; nextAttemptAt: string; last: LastAnswer }
  | { next: 'under_way'; forMs: number; attempt: number };

/** What a lane's workflow does after a batch. */
export type LaneStep =
  | { next: 'end' }
  | { next: 'drain' }
  | { next: 'wait'; waitMs: number; waiting: number }
  /** Nothing goes out until somebody resumes it. `since`: ISO 8601. */
  | { next: 'held'; state: 'paused'; since: string; waiting: number };
