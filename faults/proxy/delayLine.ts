/** Does what it is given in order, each not before its delay is over: what comes later never overtakes. */
export class DelayLine {
  private readonly waiting: { run(): void; dueMs: number }[] = [];
  private timer: NodeJS.Timeout | null = null;

  push(run: () => void, delayMs: number): void {
    if (delayMs === 0 && this.waiting.length === 0) {
      run();
      return;
    }
    this.waiting.push({ run, dueMs: performance.now() + delayMs });
    this.timer ??= setTimeout(() => this.release(), delayMs);
  }

  private release(): void {
    this.timer = null;
    for (let first = this.waiting[0]; first; first = this.waiting[0]) {
      const earlyMs = first.dueMs - performance.now();
      if (earlyMs > 0) {
        this.timer = setTimeout(() => this.release(), earlyMs);
        return;
      }
      this.waiting.shift();
      first.run();
    }
  }
}
