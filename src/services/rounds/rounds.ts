import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../../domain/within';

/** How often a process asks whether a round is due: the longest that one is late. */
const ASK_EVERY_MS = 2000;
/** A third of the lease, so that it outlives two renewals that fail. */
const RENEW_EVERY_MS = 5000;
/** A statement under way ends within this time. */
const STOP_WITHIN_MS = 10_000;

/** What a round is given to work with. */
export interface Round {
  /** Ends the round after what is under way. */
  signal: AbortSignal;
  /** Called after each statement and each call: a long round is alive as long as it moves. */
  onProgress(): void;
}

export interface RoundsOptions {
  everyMs: number;
  /** A round that says nothing for so long is given up, and its lease runs out. */
  silentAfterMs: number;
  lease: {
    claim(): Promise<boolean>;
    renew(): Promise<boolean>;
    release(next: { nextInMs: number }): Promise<void>;
  };
  run(round: Round): Promise<void>;
  /** A round that failed, or that could not be asked for. The next one is the retry. */
  onFault(error: unknown): void;
  /** Default 2,000 and 5,000. */
  askEveryMs?: number;
  renewEveryMs?: number;
}

/** Makes rounds of a safety net for as long as this process has the lease; another process takes over when it dies. */
export class Rounds {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: RoundsOptions) {}

  start(): void {
    this.running = this.loop();
  }

  /** The lease is given back at once, unless the round does not end in time. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('this process stops'));
    await within(STOP_WITHIN_MS, this.running).catch(() => undefined);
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping;
    const { lease, onFault, askEveryMs = ASK_EVERY_MS } = this.options;
    while (!signal.aborted) {
      try {
        if (await lease.claim()) await this.make();
      } catch (error) {
        if (!signal.aborted) onFault(error);
      }
      await sleep(askEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async make(): Promise<void> {
    const { everyMs, lease, run } = this.options;
    const startedAt = performance.now();
    const keeper = new RoundKeeper(this.options);
    try {
      await run({
        signal: AbortSignal.any([keeper.signal, this.stopping.signal]),
        onProgress: () => keeper.noteProgress(),
      });
    } finally {
      keeper.stop();
      const nextInMs = this.stopping.signal.aborted ? 0 : Math.max(0, everyMs - (performance.now() - startedAt));
      await lease.release({ nextInMs });
    }
  }
}

/** Renews the lease while the round moves. */
class RoundKeeper {
  private readonly over = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private progressAt = performance.now();

  constructor(private readonly options: RoundsOptions) {
    this.timer = setInterval(() => void this.keep(), options.renewEveryMs ?? RENEW_EVERY_MS);
  }

  get signal(): AbortSignal {
    return this.over.signal;
  }

  noteProgress(): void {
    this.progressAt = performance.now();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async keep(): Promise<void> {
    const { lease, silentAfterMs } = this.options;
    if (this.over.signal.aborted) return;
    if (performance.now() - this.progressAt > silentAfterMs) {
      this.over.abort(new Error(`the round has not moved for ${silentAfterMs} ms`));
      return;
    }
    // PostgreSQL is away: the round meets that itself, and the lease runs out.
    const isOurs = await lease.renew().catch(() => true);
    if (!isOurs) this.over.abort(new Error('the lease ran out, and another process makes the round'));
  }
}
