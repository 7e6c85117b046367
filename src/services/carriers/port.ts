import type { ConsignmentInput, DeliveryInput, LaneInput } from '../../contracts/carrying';

/** There is no connection to Temporal. Whoever makes it has said why, once: not each call has to. */
export class TemporalAway extends Error {}

/**
 * What the services ask of Temporal. Every call is bounded in time and safe to repeat: a start under an id that was
 * used is a success, a signal to a workflow that has ended is nothing.
 */
export interface Workflows {
  startDelivery(input: DeliveryInput): Promise<void>;
  startConsignment(input: ConsignmentInput): Promise<void>;
  /** Under the event's id; one that runs is left alone. */
  startFanOut(event: { eventId: string; tenantId: string; topic: string }): Promise<void>;
  /** Starts the lane's workflow or wakes the one that runs. */
  wakeLane(input: LaneInput): Promise<void>;
  signalDelivery(delivery: DeliveryInput, signal: 'retryNow' | 'cancel' | 'attemptEnded'): Promise<void>;
  /** Whether Temporal has this delivery's workflow open; false also when it never heard of it. */
  isDeliveryOpen(delivery: DeliveryInput): Promise<boolean>;
}
