import type { Logger } from 'pino';

/** What was started, to be stopped in reverse; each step is bounded, and a fault in one does not keep the others running. */
export class Stopper {
  private readonly steps: { name: string; stop(): Promise<void>; withinMs: number }[] = [];

  add(name: string, stop: () => Promise<void>, { withinMs = 15_000 } = {}): void {
    this.steps.push({ name, stop, withinMs });
  }

  /** @returns whether every part stopped as it should. */
  async stopAll(log: Logger): Promise<boolean> {
    let isClean = true;
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      const { name, stop, withinMs } = step;
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
