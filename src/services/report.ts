import type { Logger } from 'pino';
import type { DeliveryToAttempt, Outcome, StoredEvent } from '../domain/delivery';
import type { AttemptEnd, Attempted, AttemptTarget } from './attempts/attempt';
import { TemporalAway } from './carriers/port';
import type { Metrics } from './metrics';

/** One wide log line and the metrics of each stage. Ids, numbers and addresses only: no payload, no secret. */
export function createReport({ metrics, log }: { metrics: Metrics; log: Logger }) {
  return {
    accepted(event: StoredEvent, deliveries: number): void {
      metrics.eventsAccepted.inc();
      const { id: eventId, tenantId, source, topic, type, status } = event;
      log.info({ event: 'event.accepted', eventId, tenantId, source, topic, type, status, deliveries });
    },

    /** The delay of first attempts is measured against the database's clock, which stamped the acceptance. */
    attemptStarted(delivery: DeliveryToAttempt, clockOffsetMs: number): void {
      metrics.attemptsInFlight.inc();
      if (delivery.attempt === 1) metrics.firstAttemptDelay.observe(sinceAcceptanceS(delivery.event, clockOffsetMs));
    },

    /** Begun, but there was nobody to call, the call was withheld, or it could not be made for a fault of our own. */
    attemptNotMade(): void {
      metrics.attemptsInFlight.dec();
    },

    /** Begun, but something of ours was lacking, so nobody was called. */
    unsent({ deliveryId, attempt }: DeliveryToAttempt, error: string | null): void {
      metrics.attemptsInFlight.dec();
      log.warn({ event: 'delivery.unsent', deliveryId, attempt, error });
    },

    attempted({ delivery, target, result, verdict }: Attempted, clockOffsetMs: number): void {
      metrics.attemptsInFlight.dec();
      const { isAcknowledged } = result;
      metrics.attempts.inc({ outcome: isAcknowledged ? 'acknowledged' : 'failed' });
      if (isAcknowledged) metrics.acknowledgeDelay.observe(sinceAcceptanceS(delivery.event, clockOffsetMs));
      log.info({
        event: 'delivery.attempted',
        deliveryId: delivery.deliveryId,
        eventId: delivery.event.id,
        tenantId: target.tenantId,
        subscriptionId: target.id,
        topic: delivery.topic,
        callbackHost: target.callbackHost,
        attempt: delivery.attempt,
        generation: delivery.generation,
        statusCode: result.statusCode,
        fault: result.fault,
        durationMs: Math.round(result.durationMs),
        state: verdict.state,
        reason: verdict.state === 'failed' ? verdict.reason : undefined,
        waitMs: verdict.state === 'pending' ? verdict.waitMs : undefined,
      });
    },

    ended(end: AttemptEnd): void {
      if (end.kind === 'ended' && end.settled && end.settled.state !== 'pending') {
        metrics.deliveriesFinished.inc({ state: end.settled.state });
      }
    },

    /** Acknowledgements of an ordered lane, written. */
    pushed(deliveries: number): void {
      metrics.deliveriesFinished.inc({ state: 'delivered' }, deliveries);
    },

    cancelled(deliveryId: string): void {
      metrics.deliveriesFinished.inc({ state: 'cancelled' });
      log.info({ event: 'delivery.cancelled', deliveryId });
    },

    paced({ id: subscriptionId, callbackHost }: AttemptTarget, callsPerSecond: number): void {
      log.info({ event: 'receiver.paced', subscriptionId, callbackHost, callsPerSecond });
    },
    sick({ id: subscriptionId, callbackHost }: AttemptTarget): void {
      log.warn({ event: 'lane.sick', subscriptionId, callbackHost });
    },
    recovered({ id: subscriptionId, callbackHost }: AttemptTarget): void {
      log.info({ event: 'lane.recovered', subscriptionId, callbackHost });
    },

    /** Reconcile pulls in what waits by it. */
    clockWentBack(backMs: number): void {
      log.error({ event: 'database.clock_went_back', backMs });
    },
    outcomeFault(error: unknown, { deliveryId, attempt }: Outcome): void {
      log.error({ event: 'delivery.outcome_not_written', err: error, deliveryId, attempt });
    },
    attemptFault(error: unknown, { deliveryId, attempt }: DeliveryToAttempt): void {
      log.error({ event: 'delivery.attempt_not_made', err: error, deliveryId, attempt });
    },
    dispatchFault(error: unknown, deliveryId: string): void {
      log.error({ event: 'delivery.not_dispatched', err: error, deliveryId });
    },
    /** Temporal is away or busy: reconcile gives these their workflows when it is back. */
    carrierFault(error: unknown, deliveries: number): void {
      log[levelOf(error)]({ event: 'workflow.not_started', err: error, deliveries });
    },
    /** Reconcile starts it when Temporal is back. */
    fanOutFault(error: unknown, eventId: string): void {
      log[levelOf(error)]({ event: 'fan_out.not_started', err: error, eventId });
    },
    laneWriteFault(error: unknown, subscriptionId: string): void {
      log.error({ event: 'lane.not_written', err: error, subscriptionId });
    },
    laneFault(error: unknown, subscriptionId: string): void {
      log[levelOf(error)]({ event: 'lane.not_woken', err: error, subscriptionId });
    },
    signalFault:
      (deliveryId: string) =>
      (error: unknown): void =>
        log[levelOf(error)]({ event: 'delivery.not_signalled', err: error, deliveryId }),
    fault:
      (event: string) =>
      (error: unknown): void =>
        log[levelOf(error)]({ event, err: error }),
  };
}

export type Report = ReturnType<typeof createReport>;

function sinceAcceptanceS(event: StoredEvent, clockOffsetMs: number): number {
  return Math.max(0, (Date.now() + clockOffsetMs - event.acceptedAt.getTime()) / 1000);
}

/** Why there is no connection to Temporal is on record already. */
function levelOf(error: unknown): 'warn' | 'debug' {
  return error instanceof TemporalAway ? 'debug' : 'warn';
}
