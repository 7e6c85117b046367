const SECOND_MS = 1000;

/** How many there were in the last second, out of two counters: of this second, and of the one before. All times are of one monotonic clock. */
export class PerSecond {
  private before = 0;
  private current = 0;

  constructor(private fromMs: number) {}

  add(nowMs: number, count = 1): void {
    this.turn(nowMs);
    this.current += count;
  }

  rate(nowMs: number): number {
    this.turn(nowMs);
    return this.current + this.before * (1 - (nowMs - this.fromMs) / SECOND_MS);
  }

  private turn(nowMs: number): void {
    const elapsedMs = nowMs - this.fromMs;
    if (elapsedMs < SECOND_MS) return;
    this.before = elapsedMs < 2 * SECOND_MS ? this.current : 0;
    this.current = 0;
    this.fromMs = elapsedMs < 2 * SECOND_MS ? this.fromMs + SECOND_MS : nowMs;
  }
}
