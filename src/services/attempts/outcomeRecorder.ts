import type { Outcome, Settled } from '../../domain/delivery';
import { FairWriter } from '../writers/fairWriter';
import type { WriteOptions } from '../writers/place';

const MAX_GROUP = 200;
/** Under load: a write costs as much as ten outcomes in it, and nobody waits for one but its workflow. */
const GATHER_MS = 5;
const RETRY_EVERY_MS = 1000;
/** An acknowledgement that cannot be written for so long is given up: the delivery is then attempted again. */
const GIVE_UP_AFTER_MS = 10 * 60_000;

/** Groups of single tenants written at once, beside the one that tenants share: a tenant alone has two. */
const WRITERS = 3;
/** An outcome whose rows stay locked for so long is reported, and tried again. */
const LOCKED_FOR_MS = 5000;

export interface OutcomeRecorderOptions {
  write(outcomes: Outcome[], options: Pick<WriteOptions, 'lockTimeoutMs'>): Promise<Settled[]>;
  /** Whether PostgreSQL refused the content (and would again), rather than being away. */
  isContentError(error: unknown): boolean;
  isLockTimeout(error: unknown): boolean;
  onWriteError(error: unknown, outcome: Outcome): void;
}

/** Writes outcomes in groups; while PostgreSQL is away it holds them and tries again, so that what was acknowledged is not repeated. */
export class OutcomeRecorder {
  private readonly writer: FairWriter<Outcome, Settled | null>;

  constructor(private readonly options: OutcomeRecorderOptions) {
    const { isContentError, isLockTimeout } = options;
    this.writer = new FairWriter({
      writers: WRITERS,
      maxItems: MAX_GROUP,
      gatherMs: GATHER_MS,
      isContentError,
      isLockTimeout,
      lockedForMs: LOCKED_FOR_MS,
      write: async (outcomes, { lockTimeoutMs }) => {
        const written = await options.write(outcomes, { lockTimeoutMs });
        const settled = new Map(written.map((one) => [one.deliveryId, one]));
        return outcomes.map(({ deliveryId }) => settled.get(deliveryId) ?? null);
      },
    });
  }

  /**
   * A failure locks its subscription's lane, an acknowledgement nothing but its own row: so they are written apart.
   *
   * @returns how the delivery stands now, or null if this outcome did not change it (too late, or not written at all).
   */
  async record(outcome: Outcome, of: { tenantId: string; subscriptionId: string }): Promise<Settled | null> {
    const { tenantId, subscriptionId: flow } = of;
    const place = { tenantId, flow, cost: 1, shares: outcome.state === 'delivered' ? 'free' : 'locking' } as const;
    const endedAt = performance.now();
    const { startedAgoMs } = outcome;
    for (;;) {
      const lateMs = performance.now() - endedAt;
      try {
        return await this.writer.submit({ ...outcome, startedAgoMs: startedAgoMs + lateMs }, place);
      } catch (error) {
        this.options.onWriteError(error, outcome);
        if (this.options.isContentError(error) || lateMs > GIVE_UP_AFTER_MS) return null;
        await new Promise((resolve) => setTimeout(resolve, RETRY_EVERY_MS));
      }
    }
  }
}
