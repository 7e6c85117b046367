import type { DeliveryCarrier } from './ids';
import type { LaneState } from './states';

/** Signals of `delivery/…`. All are idempotent, and ignored once the delivery is finished. */
export const SIGNAL_RETRY_NOW = 'retryNow';
export const SIGNAL_CANCEL = 'cancel';
/** Of Postrider itself: an attempt has ended that the workflow had stopped waiting for. */
export const SIGNAL_ATTEMPT_ENDED = 'attemptEnded';

/** Signal of `lane/…`: something new waits behind it, or it was steered. */
export const SIGNAL_WAKE = 'wake';
/** Signals of `lane/…` for operators; over the API the same is written first, and followed by `wake`. */
export const SIGNAL_HISTORY_PROCESSED = 'historyProcessed';
export const SIGNAL_ACTIVATE = 'activate';
export const SIGNAL_STOP = 'stop';
/** Query of `lane/…`: how it stood at its last look, as LaneStanding; null while it drains. */
export const QUERY_STATUS = 'status';

/** Failure types that end a workflow as Failed; the closed list. */
export const DELIVERY_FAILED = 'DeliveryFailed';

/** What the Temporal UI shows on top of a delivery's page. */
export interface DeliverySubject {
  tenantId: string;
  appId: string;
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

export interface FanOutInput {
  eventId: string;
}

/** What a stretch of a fan-out did. */
export interface FanOutStep {
  isComplete: boolean;
  written: number;
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

/** How a lane stands, for its page. Times are ISO 8601 and for reading only. */
export interface LaneStanding {
  state: LaneState;
  reason: string | null;
  since: string;
  /** Deliveries behind it. */
  waiting: number;
  /** The delivery that goes next. */
  head: string | null;
  nextAttemptAt: string | null;
  /** Of the head. */
  lastAttempt: { number: number; text: string } | null;
}

/** What a lane's workflow does after a look or a batch. */
export type LaneStep =
  | { next: 'end' }
  | { next: 'drain' }
  /** Until then, or until it is told: also while nothing goes out, when only its page is brought up to date. */
  | { next: 'wait'; waitMs: number; standing: LaneStanding };

export type LaneCommand = 'historyProcessed' | 'activate' | 'stop';
