/** How often a process says that it lives; who is silent for 20 s counts as gone. */
const BEAT_EVERY_MS = 5000;

export interface HeartbeatOptions {
  beat(): Promise<{ attempting: number; clockOffsetMs: number; clockWentBackMs: number }>;
  leave(): Promise<void>;
  onClockWentBack(backMs: number): void;
  onFault(error: unknown): void;
}

/** What the processes of an installation know of each other, and of the database's clock. */
export class Heartbeat {
  private attempting = 1;
  private offsetMs = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: HeartbeatOptions) {}

  /** PostgreSQL's clock minus this process's, in milliseconds. */
  get clockOffsetMs(): number {
    return this.offsetMs;
  }

  /** This process's part of a subscription's `maxInFlight`; at least 1. */
  share(maxInFlight: number): number {
    return Math.max(1, Math.floor(maxInFlight / this.attempting));
  }

  async start(): Promise<void> {
    await this.beat();
    this.timer = setInterval(() => void this.beat().catch(this.options.onFault), BEAT_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.options.leave().catch(this.options.onFault);
  }

  private async beat(): Promise<void> {
    const { attempting, clockOffsetMs, clockWentBackMs } = await this.options.beat();
    this.attempting = attempting;
    this.offsetMs = clockOffsetMs;
    if (clockWentBackMs > 0) this.options.onClockWentBack(clockWentBackMs);
  }
}
