import type { Outcome, Settled } from '../../domain/delivery';
import { GroupWriter } from '../groupWriter';

const MAX_GROUP = 200;
/** Under load: a write costs as much as ten outcomes in it, and nobody waits for one but its workflow. */
const GATHER_MS = 5;
const RETRY_EVERY_MS = 1000;
/** An acknowledgement that cannot be written for so long is given up: the delivery is then attempted again. */
const GIVE_UP_AFTER_MS = 10 * 60_000;

export interface OutcomeRecorderOptions {
  write(outcomes: Outcome[]): Promise<Settled[]>;
  /** Whether PostgreSQL refused the content (and would again), rather than being away. */
  isContentError(error: unknown): boolean;
  onWriteError(error: unknown, outcome: Outcome): void;
}

/** Writes outcomes in groups; while PostgreSQL is away it holds them and tries again, so that what was acknowledged is not repeated. */
export class OutcomeRecorder {
  private readonly writer: GroupWriter<Outcome, Settled | null>;

  constructor(private readonly options: OutcomeRecorderOptions) {
    this.writer = new GroupWriter({
      maxItems: MAX_GROUP,
      gatherMs: GATHER_MS,
      isContentError: options.isContentError,
      write: async (outcomes) => {
        const settled = new Map((await options.write(outcomes)).map((one) => [one.deliveryId, one]));
        return outcomes.map(({ deliveryId }) => settled.get(deliveryId) ?? null);
      },
    });
  }

  /** @returns how the delivery stands now, or null if this outcome did not change it (too late, or not written at all). */
  async record(outcome: Outcome): Promise<Settled | null> {
    const endedAt = performance.now();
    const { startedAgoMs } = outcome;
    for (;;) {
      const lateMs = performance.now() - endedAt;
      try {
        return await this.writer.submit({ ...outcome, startedAgoMs: startedAgoMs + lateMs });
      } catch (error) {
        this.options.onWriteError(error, outcome);
        if (this.options.isContentError(error) || lateMs > GIVE_UP_AFTER_MS) return null;
        await new Promise((resolve) => setTimeout(resolve, RETRY_EVERY_MS));
      }
    }
  }
}
