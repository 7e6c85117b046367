import type { DeliveryToAttempt } from '../../domain/delivery';

/**
 * A claim lasts at least 20 s longer than its attempt: one that is renewed so often outlives two renewals that fail, and
 * most answers are decided before the first.
 */
const RENEW_EVERY_MS = 5_000;

export interface ClaimKeeperOptions {
  renew(held: DeliveryToAttempt[]): Promise<void>;
  onFault(error: unknown): void;
  /** Default 5,000. */
  renewEveryMs?: number;
}

/**
 * Keeps the claims of deliveries whose receiver has answered, while it is not decided what the answer means: that takes
 * our time, and the receiver must not be called again for it. When this process dies they run out, and the call is
 * repeated.
 */
export class ClaimKeeper {
  private readonly undecided = new Set<DeliveryToAttempt>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ClaimKeeperOptions) {}

  keep(delivery: DeliveryToAttempt, decided: Promise<unknown>): void {
    this.undecided.add(delivery);
    this.timer ??= setInterval(() => this.renew(), this.options.renewEveryMs ?? RENEW_EVERY_MS);
    const forget = () => {
      this.undecided.delete(delivery);
      if (this.undecided.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
    decided.then(forget, forget);
  }

  private renew(): void {
    this.options.renew([...this.undecided]).catch(this.options.onFault);
  }
}
