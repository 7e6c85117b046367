import { type Instant, now } from './instant';

/** Far more often than the silence after which a process begins nothing, and counts as gone. */
const BEAT_EVERY_MS = 1000;
/** While the processes do not agree: whoever joins has no part before they do. */
const AGREE_EVERY_MS = 100;
/** A start does not wait for longer until its part is there: whoever does not answer takes its time. */
const JOIN_WITHIN_MS = 2000;

export interface HeartbeatOptions {
  /** Says that this process lives. */
  beat(): Promise<{ clockOffsetMs: number; clockWentBackMs: number }>;
  /** Hears of the others. @param saidAt from before the beat. @returns whether all of them agree by now. */
  meet(saidAt: Instant): Promise<boolean>;
  leave(): Promise<void>;
  onClockWentBack(backMs: number): void;
  onFault(error: unknown): void;
}

/** What the processes of an installation know of each other, and of the database's clock. */
export class Heartbeat {
  private offsetMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> = Promise.resolve();
  private isStopped = false;

  constructor(private readonly options: HeartbeatOptions) {}

  /** PostgreSQL's clock minus this process's, in milliseconds. */
  get clockOffsetMs(): number {
    return this.offsetMs;
  }

  /** Resolves when the processes agree, or after two seconds. @throws when PostgreSQL cannot be asked. */
  async start(): Promise<void> {
    const endsAt = performance.now() + JOIN_WITHIN_MS;
    while (!(await this.beat()) && performance.now() < endsAt) {
      await new Promise((resolve) => setTimeout(resolve, AGREE_EVERY_MS));
    }
    this.planNext(BEAT_EVERY_MS);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.beating;
    await this.options.leave().catch(this.options.onFault);
  }

  private planNext(afterMs: number): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.beating = this.beat()
        .then((isAgreed) => this.planNext(isAgreed ? BEAT_EVERY_MS : AGREE_EVERY_MS))
        .catch((error: unknown) => {
          this.options.onFault(error);
          this.planNext(BEAT_EVERY_MS);
        });
    }, afterMs);
  }

  private async beat(): Promise<boolean> {
    const saidAt = now();
    const { clockOffsetMs, clockWentBackMs } = await this.options.beat();
    this.offsetMs = clockOffsetMs;
    if (clockWentBackMs > 0) this.options.onClockWentBack(clockWentBackMs);
    return this.options.meet(saidAt);
  }
}
