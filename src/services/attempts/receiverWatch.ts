import { LruMap } from '../../domain/lruMap';
import { isReceiverAbsent, isReceiverThere, probeWaitMs, SICK_AFTER } from '../../domain/receiverPresence';
import type { Attempted, AttemptTarget } from './attempt';

/** Subscriptions watched; the one whose last attempt is longest ago goes first. */
const MAX_WATCHED = 10_000;

export interface ReceiverWatchOptions {
  /** @returns whether the lane became sick by this. */
  markSick(sick: { subscriptionId: string; probeInMs: number }): Promise<boolean>;
  /** @returns whether the lane was sick. */
  endSickness(subscriptionId: string): Promise<boolean>;
  onSick(target: AttemptTarget): void;
  onRecovered(target: AttemptTarget): void;
  onFault(error: unknown, subscriptionId: string): void;
}

interface Watched {
  /** In a row, in this process. */
  absences: number;
  isSick: boolean;
}

/**
 * Counts, per subscription, how often in a row its receiver was not there: at five its lane becomes sick, and stays so until
 * the receiver answers for itself. Counted in this process; what is written is decided by the lane's row.
 */
export class ReceiverWatch {
  private readonly watched = new LruMap<string, Watched>(MAX_WATCHED);
  /** What is being written, in order, per subscription. */
  private readonly writing = new Map<string, Promise<void>>();

  constructor(private readonly options: ReceiverWatchOptions) {}

  /**
   * After every attempt of this process. Of a receiver that is there and always was, one look into a map.
   *
   * @param isRefusing it has answered nothing but 429 for minutes, which counts as an absence.
   */
  observe({ target, result }: Pick<Attempted, 'target' | 'result'>, isRefusing = false): void {
    if (isRefusing || isReceiverAbsent(result)) {
      const watched = this.watch(target.id);
      watched.absences++;
      // At every fifth: a write that failed is repeated, and so is one that found the lane in another state.
      if (watched.absences % SICK_AFTER === 0) void this.markSick(target, watched, result.retryAfterMs);
    } else if (isReceiverThere(result)) {
      const isSick = this.watched.get(target.id)?.isSick;
      this.watched.delete(target.id);
      if (isSick) void this.recover(target);
    }
  }

  /** The lane is sick, whoever found out: from now on an acknowledgement in this process ends that. */
  knowSick(subscriptionId: string): void {
    this.watch(subscriptionId).isSick = true;
  }

  /** Resolves when it is written, or could not be. */
  recover(target: AttemptTarget): Promise<void> {
    return this.write(target.id, async () => {
      if (await this.options.endSickness(target.id)) this.options.onRecovered(target);
    });
  }

  private markSick(target: AttemptTarget, watched: Watched, retryAfterMs: number | null): Promise<void> {
    watched.isSick = true;
    return this.write(target.id, async () => {
      const probeInMs = probeWaitMs({ failedProbes: 0, retryAfterMs });
      if (await this.options.markSick({ subscriptionId: target.id, probeInMs })) this.options.onSick(target);
    });
  }

  private watch(subscriptionId: string): Watched {
    const known = this.watched.get(subscriptionId);
    if (known) return known;
    const watched = { absences: 0, isSick: false };
    this.watched.set(subscriptionId, watched);
    return watched;
  }

  /** One after the other: an acknowledgement right after the fifth absence must find the lane sick. */
  private write(subscriptionId: string, work: () => Promise<void>): Promise<void> {
    const written = (this.writing.get(subscriptionId) ?? Promise.resolve())
      .then(work)
      .catch((error: unknown) => this.options.onFault(error, subscriptionId))
      .finally(() => {
        if (this.writing.get(subscriptionId) === written) this.writing.delete(subscriptionId);
      });
    this.writing.set(subscriptionId, written);
    return written;
  }
}
