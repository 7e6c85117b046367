import type { DeliveryToAttempt, Settled } from '../../domain/delivery';
import { judge } from '../../domain/judgement';
import type { Revalidate } from '../steering/revalidation';
import type { SteeringWatch } from '../steering/steeringWatch';
import type { AttemptEnd, Attempted, AttemptTarget, CallResult, UnderWay, Unsent } from './attempt';
import type { Gate } from './gate';
import type { OutcomeRecorder } from './outcomeRecorder';

export interface AttemptRunnerOptions {
  gate: Gate<Unsent>;
  recorder: OutcomeRecorder;
  target(subscriptionId: string, version: number): Promise<AttemptTarget>;
  steering: Pick<SteeringWatch, 'now' | 'mayBegin' | 'hasSteered' | 'fresh'>;
  revalidate: Revalidate;
  /**
   * `withheld`: `mayBegin` said no, and nothing was sent.
   *
   * @returns null: nobody was called, as the delivery concerns nobody any more.
   */
  call(
    target: AttemptTarget,
    delivery: DeliveryToAttempt,
    may: {
      /** Asked right before the first byte leaves. */
      mayBegin(): boolean;
      /** What has not begun by then ends with the fault `unsent`. */
      startWithinMs: number;
    },
  ): Promise<CallResult | 'withheld' | null>;
  /** After a call that was withheld. */
  onWithheld(): void;
  /** Begun, but something of ours was lacking, so nobody was called. */
  onUnsent(delivery: DeliveryToAttempt, error: string | null): void;
  /** Ends a delivery that concerns nobody any more. */
  cancel(delivery: DeliveryToAttempt): Promise<void>;
  /** Whether its receiver takes other calls, and has refused this one for coming too early. */
  isTooEarly(attempted: Pick<Attempted, 'target' | 'result'>): boolean;
  onAttempted(attempted: Attempted): void;
  /** After the outcome was written, or the attempt given up. */
  onEnded(underWay: UnderWay, end: AttemptEnd): void;
  onFault(error: unknown, delivery: DeliveryToAttempt): void;
}

/** Some seconds' worth under full load. */
const MAX_REMEMBERED = 10_000;

interface Turn {
  /** The number of the last act of steering before what is known of the delivery was read. */
  seen: number;
  /** By this process's monotonic clock. */
  sendBefore: number;
  isExpired: boolean;
  onSent(): void;
}

/** `steered`: before it could be sent, its subscription was. Null: it found no room in time. Neither was sent. */
export type Sent = Attempted | 'steered' | null;

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
   * @param seen `steering.now()` from before the statement that claimed it.
   * @param sendWithinMs what finds no connection in this time is not sent: the claim would run out beneath it.
   * @param isExpired it fails if this attempt does.
   */
  start(
    delivery: DeliveryToAttempt,
    { seen, sendWithinMs, isExpired = false }: { seen: number; sendWithinMs: number; isExpired?: boolean },
  ): UnderWay {
    const startedAtMs = performance.now();
    const sendBefore = startedAtMs + sendWithinMs;
    let onSent = () => {};
    const ended = this.run(delivery, { seen, sendBefore, isExpired, onSent: () => onSent() });
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
   * @param seen `steering.now()` from before the statement that read it.
   */
  async attemptUnrecorded(
    delivery: DeliveryToAttempt,
    { seen, enterWithinMs }: { seen: number; enterWithinMs: number },
  ): Promise<Sent> {
    const target = await this.options.target(delivery.subscriptionId, delivery.subscriptionVersion);
    const turn = { seen, sendBefore: performance.now() + enterWithinMs, isExpired: false, onSent: () => undefined };
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
      const attempted = await this.attemptAsSteered(delivery, turn);
      if (!attempted) return { kind: 'unsent' };
      const { target } = attempted;
      const settled = await this.options.recorder.record(outcomeOf(attempted), {
        tenantId: target.tenantId,
        subscriptionId: target.id,
      });
      return { kind: 'ended', settled, attempted };
    } catch (error) {
      // A fault of ours before the call: the claim runs out and the delivery is carried on from its row.
      this.options.onFault(error, delivery);
      return { kind: 'unsent' };
    }
  }

  /** After every act that came between, the row says whether the attempt may be made, and whom it calls by now. */
  private async attemptAsSteered(delivery: DeliveryToAttempt, turn: Turn): Promise<Attempted | null> {
    let version: number | null = delivery.subscriptionVersion;
    while (version !== null) {
      const target = await this.options.target(delivery.subscriptionId, version);
      const sent = await this.attempt(delivery, target, turn);
      if (sent !== 'steered') return sent;
      turn.seen = this.options.steering.now();
      version = await this.options.revalidate(delivery);
    }
    return null;
  }

  private attempt(delivery: DeliveryToAttempt, target: AttemptTarget, turn: Turn): Promise<Sent> {
    const { gate } = this.options;
    return new Promise((resolve, reject) => {
      let impatience: NodeJS.Timeout | undefined;
      let isStarted = false;
      const place: Unsent = {
        delivery,
        host: target.callbackHost,
        tenantId: target.tenantId,
        subscriptionId: target.id,
        sharing: target,
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
    { seen, sendBefore, isExpired, onSent }: Turn,
  ): Promise<Sent> {
    const { steering } = this.options;
    const mayBegin = () => steering.mayBegin(target, seen);
    let result: CallResult | 'withheld' | null;
    do {
      const startWithinMs = sendBefore - performance.now();
      if (startWithinMs < 0) return null;
      if (!mayBegin()) {
        if (!(await steering.fresh(startWithinMs))) return null;
        if (steering.hasSteered(target, seen)) return 'steered';
      }
      onSent();
      result = await this.options.call(target, delivery, { mayBegin, startWithinMs });
      if (result === 'withheld') this.options.onWithheld();
    } while (result === 'withheld');
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
      isNative: target.interface === 'native',
      isTooEarly: this.options.isTooEarly({ target, result }),
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
    startedAgoMs: result.durationMs + result.undecidedMs,
    durationMs: result.durationMs,
    statusCode: result.statusCode,
    fault: result.fault,
    error: result.error,
    responseExcerpt: result.responseExcerpt,
    state: verdict.state,
    reason: verdict.state === 'failed' ? verdict.reason : null,
    waitMs: verdict.state === 'pending' ? verdict.waitMs : null,
  };
}
