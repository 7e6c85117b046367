import type { Pushed } from '../../db/carrying/recordPushed';
import { elapsedMs, type Instant, now } from '../instant';

/** At most so many acknowledgements are unwritten: what a crash repeats. */
const MAX_UNWRITTEN = 100;
/** A write begins with so many, so that pushing goes on while it is under way. */
const WRITE_FROM = 50;
const WRITE_EVERY_MS = 1000;
/** Who could not renew its hold for so long pushes nothing more; nobody else takes the lane before that. */
const HOLD_MS = 10_000;
const RETRY_EVERY_MS = 1000;
/** An acknowledgement that cannot be written for so long is given up: the delivery is then attempted again. */
const GIVE_UP_AFTER_MS = 10 * 60_000;

export interface LedgerOptions {
  /** From before the lane was asked for. */
  heldSince: Instant;
  /** Writes, and renews the hold. @returns whether the lane is still held. */
  write(pushed: Pushed[]): Promise<boolean>;
  onWriteError(error: unknown): void;
}

interface Entry extends Omit<Pushed, 'startedAgoMs'> {
  startedAtMs: number;
}

/**
 * What was acknowledged in one hold of a lane, on its way to PostgreSQL: written in groups of up to a hundred and every
 * second, each write renewing the hold.
 */
export class Ledger {
  private entries: Entry[] = [];
  private writing: Promise<void> | null = null;
  private isLost = false;
  private renewedAt: Instant;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: LedgerOptions) {
    this.renewedAt = options.heldSince;
  }

  add(entry: Entry): void {
    this.entries.push(entry);
    if (this.writing) return;
    if (this.entries.length >= WRITE_FROM) this.begin();
    // The next attempt may take as long as its timeout.
    else this.timer ??= setTimeout(() => this.begin(), WRITE_EVERY_MS);
  }

  /** Resolves when the next call may go out; false when the lane is held no more. */
  async mayPush(): Promise<boolean> {
    while (!this.isLost) {
      const mustRenew = elapsedMs(this.renewedAt) > WRITE_EVERY_MS;
      if ((mustRenew || this.entries.length >= WRITE_FROM) && !this.writing) this.begin();
      const isFull = this.entries.length >= MAX_UNWRITTEN - WRITE_FROM && this.writing !== null;
      if (!isFull && elapsedMs(this.renewedAt) <= HOLD_MS) return true;
      await this.writing;
    }
    return false;
  }

  /** Resolves when everything is written. @returns whether the lane is still held. */
  async flush(): Promise<boolean> {
    while (this.writing || this.entries.length > 0) {
      if (!this.writing) this.begin();
      await this.writing;
    }
    return !this.isLost;
  }

  private begin(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.writing) return;
    const entries = this.entries;
    this.entries = [];
    this.writing = this.write(entries).finally(() => {
      this.writing = null;
      if (this.entries.length > 0) this.timer = setTimeout(() => this.begin(), WRITE_EVERY_MS);
    });
  }

  private async write(entries: Entry[]): Promise<void> {
    const begunAt = now();
    for (;;) {
      const askedAt = now();
      try {
        const pushed = entries.map(({ startedAtMs, ...entry }) => ({
          ...entry,
          startedAgoMs: performance.now() - startedAtMs,
        }));
        const isHeld = await this.options.write(pushed);
        // From the moment of asking: the answer may have been long on its way.
        if (isHeld) this.renewedAt = askedAt;
        else this.isLost = true;
        return;
      } catch (error) {
        this.options.onWriteError(error);
        if (elapsedMs(begunAt) > HOLD_MS) this.isLost = true;
        if (elapsedMs(begunAt) > GIVE_UP_AFTER_MS) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_EVERY_MS));
      }
    }
  }
}
