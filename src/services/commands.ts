import type { Knex } from 'knex';

export interface Activation {
  since?: Date | null;
  /** What the call answers with, read in the transaction (`answerOnce` in repeats.ts). */
  read?(trx: Knex.Transaction): Promise<unknown>;
}

/**
 * What people steer. Each is committed in PostgreSQL first; the signal after it only saves time, reconcile repeats it.
 * Ids are checked against the caller's scope by who calls these.
 */
export interface Commands {
  /** Deliver now; a failed delivery is pending again. @throws Refusal 409 for a delivered or cancelled one. */
  retryDelivery(deliveryId: string): Promise<void>;
  /** @throws Refusal 409 for one that is not pending. */
  cancelDelivery(deliveryId: string): Promise<void>;
  /** Deliveries are kept until resume. Twice is once. */
  pauseSubscription(subscriptionId: string): Promise<void>;
  resumeSubscription(subscriptionId: string): Promise<void>;
  /** What is held for its history may go out. Lanes that do not wait for it stay as they are. */
  processHistory(laneIds: string[]): Promise<void>;
  /**
   * Ordered lanes that stand still go on at once, sick ones are probed. `since`: what ordered lanes accepted since then and
   * is not pending goes out again, before anything newer. Twice is once.
   */
  activateLanes(laneIds: string[], options?: Activation): Promise<void>;
  /** Nothing more goes out of an ordered lane until it is activated. @throws Refusal 409 where that makes no sense. */
  stopLane(laneId: string): Promise<void>;
  /**
   * Writes some of what is cancelled as a whole. Nobody waits for it: it only saves time, reconcile does the rest, and a
   * fault is reported.
   */
  sweepCancellations(): void;
}
