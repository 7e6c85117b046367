import type { Steered, Steering, SteeringsRead } from '../../db/steerings';
import { elapsedMs, type Instant, now } from '../instant';
import { type Steerable, SteeringMemory } from './steeringMemory';

/** So that a poll may fail or take half a second before anybody has to wait for one. */
const POLL_EVERY_MS = 250;
/** The promise: a call begins only if the log was read after whatever was answered more than a second ago. */
const FRESH_MS = 1000;
/** The log keeps entries four times as long: who was without it for longer cannot know what it missed. */
const TRUSTS_LOG_MS = 30_000;
const FORGET_EVERY_MS = 60_000;

export interface SteeringWatchOptions {
  /** The log's entries of transactions from `xmin` on. */
  read(xmin: string): Promise<SteeringsRead>;
  /** Deletes entries that nobody needs any more. */
  forget(): Promise<void>;
  /** A copy of what is steered is out of date. */
  onSteered(steered: Steered[]): void;
  /** The first poll that fails, not each that follows. */
  onFault(error: unknown): void;
}

/**
 * What this process knows of acts of steering: its own at once, those of others by a poll of their log. No call begins
 * without having looked here: that costs a comparison, and no query.
 */
export class SteeringWatch {
  private readonly memory = new SteeringMemory();
  /** When the last poll that succeeded began. Null: none has. */
  private readAt: Instant | null = null;
  private forgotAt = now();
  private xmin = '0';
  /** Ids of entries that are applied and may be read again: while older transactions last, every poll reads them. */
  private readonly known = new Set<string>();
  private polling: Promise<void> | null = null;
  private isFailing = false;
  private isStopped = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly options: SteeringWatchOptions) {}

  /** Taken before the statement that reads or claims a delivery; `mayBegin` compares with it. */
  now(): number {
    return this.memory.now();
  }

  /** What this process has committed, before it answers. */
  apply(steerings: Steering[]): void {
    const unknown = steerings.filter(({ id }) => !this.known.has(id));
    if (unknown.length === 0) return;
    for (const { id } of unknown) this.known.add(id);
    const steered = unknown.map((one) => one.steered);
    this.memory.apply(steered);
    this.options.onSteered(steered);
  }

  hasSteered(target: Steerable, seen: number): boolean {
    return this.memory.hasSteered(target, seen);
  }

  /** Whether a call for what was read at `seen` may begin in this very moment. */
  mayBegin(target: Steerable, seen: number): boolean {
    return this.isFresh() && !this.memory.hasSteered(target, seen);
  }

  /** Resolves as soon as the log is known up to a second ago: at once, mostly. @returns whether it is. */
  async fresh(withinMs: number): Promise<boolean> {
    if (this.isFresh()) return true;
    void this.poll();
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.waiting.add(done);
    });
    return this.isFresh();
  }

  /** @throws when the log cannot be read. */
  async start(): Promise<void> {
    await this.read();
    this.planNext();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.polling;
  }

  private isFresh(): boolean {
    return this.readAt !== null && elapsedMs(this.readAt) <= FRESH_MS;
  }

  private planNext(): void {
    this.timer = setTimeout(() => {
      void this.poll().finally(() => {
        if (!this.isStopped) this.planNext();
      });
    }, POLL_EVERY_MS);
  }

  private poll(): Promise<void> {
    this.polling ??= this.read()
      .then(() => {
        this.isFailing = false;
      })
      .catch((error: unknown) => {
        if (!this.isFailing) this.options.onFault(error);
        this.isFailing = true;
      })
      .finally(() => {
        this.polling = null;
      });
    return this.polling;
  }

  private async read(): Promise<void> {
    const askedAt = now();
    const knownBefore = [...this.known];
    const { xmin, steerings } = await this.options.read(this.xmin);
    const missed = this.readAt !== null && elapsedMs(this.readAt) > TRUSTS_LOG_MS;
    // Transaction ids that go back are those of another server, which may lack what this one has acknowledged.
    if (missed || BigInt(xmin) < BigInt(this.xmin)) this.memory.applyToAll();
    this.apply(steerings);
    const read = new Set(steerings.map(({ id }) => id));
    for (const id of knownBefore) if (!read.has(id)) this.known.delete(id);
    this.xmin = xmin;
    this.readAt = askedAt;
    for (const done of [...this.waiting]) done();
    if (elapsedMs(this.forgotAt) > FORGET_EVERY_MS) {
      this.forgotAt = now();
      this.options.forget().catch(this.options.onFault);
    }
  }
}
