import type { DeliveryToAttempt, Settled } from '../../domain/delivery';
import { judge } from '../../domain/judgement';
import type { AttemptEnd, Attempted, AttemptTarget, CallResult, UnderWay, Unsent } from './attempt';
import type { Gate } from './gate';
import type { OutcomeRecorder } from './outcomeRecorder';

export interface AttemptRunnerOptions {
  gate: Gate<Unsent>;
  recorder: OutcomeRecorder;
  target(subscriptionId: string, version: number): Promise<AttemptTarget>;
  /** null: nobody was called, as the delivery concerns nobody any more. */
  call(
    target: AttemptTarget,
    delivery: DeliveryToAttempt,
    /** What has not begun by then ends with the fault `unsent`. */
    wait: { startWithinMs: number },
  ): Promise<CallResult | null>;
  /** Begun, but something of ours was lacking, so nobody was called. */
  onUnsent(delivery: DeliveryToAttempt, error: string | null): void;
  /** Ends a delivery that concerns nobody any more. */
  cancel(delivery: DeliveryToAttempt): Promise<void>;
  /** This process's part of a subscription's `maxInFlight`. */
  share(maxInFlight: number): number;
  onAttempted(attempted: Attempted): void;
  /** After the outcome was written, or the attempt given up. */
  onEnded(underWay: UnderWay, end: AttemptEnd): void;
  onFault(error: unknown, delivery: DeliveryToAttempt): void;
}

/** Some seconds' worth under full load. */
const MAX_REMEMBERED = 10_000;

interface Turn {
  /** By this process's monotonic clock. */
  sendBefore: number;
  isExpired: boolean;
  onSent(): void;
}

/** Makes attempts, each under a claim that its caller has, and holds those that are under way. */
export class AttemptRunner {
  private readonly underWay = new Map<string, UnderWay>();
  /** In the order of their ends. */
  private readonly delivered = new Set<string>();

  constructor(private readonly options: AttemptRunnerOptions) {}

  get count(): number {
    return this.underWay.size;
  }

  find(deliveryId: string): UnderWay | undefined {
    return this.underWay.get(deliveryId);
  }

  /**
   * Whether this process delivered it lately: a quick first attempt is over before its workflow's first task is there,
   * which then need not ask PostgreSQL. Delivered is for ever, so this is never out of date.
   */
  hasDelivered(deliveryId: string): boolean {
    return this.delivered.has(deliveryId);
  }

  /**
   * @param sendWithinMs what finds no connection in this time is not sent: the claim would run out beneath it.
   * @param isExpired it fails if this attempt does.
   */
  start(
    delivery: DeliveryToAttempt,
    { sendWithinMs, isExpired = false }: { sendWithinMs: number; isExpired?: boolean },
  ): UnderWay {
    const startedAtMs = performance.now();
    const sendBefore = startedAtMs + sendWithinMs;
    let onSent = () => {};
    const ended = this.run(delivery, { sendBefore, isExpired, onSent: () => onSent() });
    const underWay: UnderWay = {
      delivery,
      ended,
      startedAtMs,
      hasOwnWorkflow: false,
      isSent: false,
      isAttended: false,
    };
    onSent = () => {
      underWay.isSent = true;
    };
    this.underWay.set(delivery.deliveryId, underWay);
    void ended.then((end) => {
      if (this.underWay.get(delivery.deliveryId) === underWay) this.underWay.delete(delivery.deliveryId);
      if (end.kind === 'ended' && end.settled) this.remember(end.settled);
      this.options.onEnded(underWay, end);
    });
    return underWay;
  }

  /**
   * An attempt by who holds the delivery's lane, who records its outcome too.
   *
   * @returns null when there was no room for it in time: nothing was sent.
   */
  async attemptUnrecorded(
    delivery: DeliveryToAttempt,
    { enterWithinMs }: { enterWithinMs: number },
  ): Promise<Attempted | null> {
    const target = await this.options.target(delivery.subscriptionId, delivery.subscriptionVersion);
    const turn = { sendBefore: performance.now() + enterWithinMs, isExpired: false, onSent: () => undefined };
    return this.attempt(delivery, target, turn);
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all([...this.underWay.values()].map(({ ended }) => ended));
  }

  private remember({ deliveryId, state }: Settled): void {
    if (state !== 'delivered') return;
    this.delivered.add(deliveryId);
    if (this.delivered.size <= MAX_REMEMBERED) return;
    const oldest = this.delivered.values().next();
    if (!oldest.done) this.delivered.delete(oldest.value);
  }

  private async run(delivery: DeliveryToAttempt, turn: Turn): Promise<AttemptEnd> {
    try {
      const target = await this.options.target(delivery.subscriptionId, delivery.subscriptionVersion);
      const attempted = await this.attempt(delivery, target, turn);
      if (!attempted) return { kind: 'unsent' };
      const settled = await this.options.recorder.record(outcomeOf(attempted));
      return { kind: 'ended', settled, attempted };
    } catch (error) {
      // A fault of ours before the call: the claim runs out and the delivery is carried on from its row.
      this.options.onFault(error, delivery);
      return { kind: 'unsent' };
    }
  }

  private attempt(delivery: DeliveryToAttempt, target: AttemptTarget, turn: Turn): Promise<Attempted | null> {
    const { gate, share } = this.options;
    return new Promise((resolve, reject) => {
      let impatience: NodeJS.Timeout | undefined;
      let isStarted = false;
      const place: Unsent = {
        delivery,
        host: target.callbackHost,
        tenantId: target.tenantId,
        subscriptionId: target.id,
        limit: share(target.maxInFlight),
        enteredAtMs: performance.now(),
        drop: () => {
          clearTimeout(impatience);
          resolve(null);
        },
        start: () => {
          isStarted = true;
          clearTimeout(impatience);
          this.send(delivery, target, turn)
            .finally(() => gate.leave(place))
            .then(resolve, reject);
        },
      };
      gate.enter(place);
      if (isStarted) return;
      impatience = setTimeout(() => {
        gate.withdraw(place);
        resolve(null);
      }, turn.sendBefore - performance.now());
    });
  }

  private async send(
    delivery: DeliveryToAttempt,
    target: AttemptTarget,
    { sendBefore, isExpired, onSent }: Turn,
  ): Promise<Attempted | null> {
    const startWithinMs = sendBefore - performance.now();
    if (startWithinMs < 0) return null;
    onSent();
    const result = await this.options.call(target, delivery, { startWithinMs });
    if (result === null) {
      await this.options.cancel(delivery);
      return null;
    }
    if (result.fault === 'unsent') {
      this.options.onUnsent(delivery, result.error);
      return null;
    }
    const verdict = judge({
      answer: result,
      policy: target.retry,
      failuresBefore: delivery.failures,
      isExpired,
      random: Math.random(),
    });
    const attempted = { delivery, target, result, verdict };
    this.options.onAttempted(attempted);
    return attempted;
  }
}

function outcomeOf({ delivery, result, verdict }: Attempted) {
  return {
    deliveryId: delivery.deliveryId,
    generation: delivery.generation,
    attempt: delivery.attempt,
    startedAgoMs: result.durationMs,
    durationMs: result.durationMs,
    statusCode: result.statusCode,
    error: result.error,
    responseExcerpt: result.responseExcerpt,
    state: verdict.state,
    reason: verdict.state === 'failed' ? verdict.reason : null,
    waitMs: verdict.state === 'pending' ? verdict.waitMs : null,
  };
}
