import type { Logger } from 'pino';

/** What is stopped after the grace is over still gets so long: it may have nothing to do. */
const MIN_STEP_MS = 1000;

/** What was started, to be stopped in reverse; each step is bounded, and a fault in one does not keep the others running. */
export class Stopper {
  private readonly steps: { name: string; stop(): Promise<void>; withinMs: number | null }[] = [];
  private readonly announcements: (() => void)[] = [];
  private readonly graceMs: number;
  private beganAtMs: number | null = null;
  /** How long the API goes on after stopping has begun. */
  drainMs = 0;

  /** @param graceMs in which everything is to stop. */
  constructor({ graceMs }: { graceMs: number }) {
    this.graceMs = graceMs;
  }

  get isStopping(): boolean {
    return this.beganAtMs !== null;
  }

  /** Of the grace, in milliseconds; negative when it is over. */
  get leftMs(): number {
    return this.beganAtMs === null ? this.graceMs : this.beganAtMs + this.graceMs - performance.now();
  }

  /** Called at once when stopping begins, before the first step. */
  announceTo(announcement: () => void): void {
    this.announcements.push(announcement);
  }

  /** @param withinMs the step's own time, whatever is left of the grace. Default: what is left of it. */
  add(name: string, stop: () => Promise<void>, { withinMs = null }: { withinMs?: number | null } = {}): void {
    this.steps.push({ name, stop, withinMs });
  }

  /** @returns whether every part stopped as it should. */
  async stopAll(log: Logger, { drainMs = 0 } = {}): Promise<boolean> {
    this.drainMs = drainMs;
    this.beganAtMs = performance.now();
    for (const announcement of this.announcements) announcement();
    let isClean = true;
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      const { name, stop } = step;
      const withinMs = step.withinMs ?? Math.max(MIN_STEP_MS, Math.round(this.leftMs));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`${name} did not stop within ${withinMs} ms`)), withinMs);
      });
      try {
        await Promise.race([stop(), late]);
      } catch (error) {
        isClean = false;
        log.warn({ event: 'stop.failed', part: name, err: error });
      } finally {
        clearTimeout(timer);
      }
    }
    return isClean;
  }
}
