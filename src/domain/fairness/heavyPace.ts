import { PerSecond } from '../perSecond';

/** Deliveries a second. A tenant begins here as soon as others are there too, and is never turned down below `SLOWEST`. */
const FIRST = 250;
const SLOWEST = 50;
const TURNED_DOWN_TO = 0.7;
/** Deliveries a second, for each judgement that finds nobody slowed. */
const TURNED_UP_BY = 25;
/** What was written before still fills the machine for so long; a second judgement of it would turn down too far. */
const SETTLES_MS = 600;
/** Seconds' worth: what is written at once is a disturbance of its own. */
const AT_ONCE_S = 0.1;
const SMALLEST_AT_ONCE = 50;

/**
 * How many deliveries a second one tenant's heavy writes (events with many deliveries) may make: additive increase,
 * multiplicative decrease, as TCP shares a link (RFC 5681). A write is charged when it is done, and the next one waits for
 * as long as it was worth. All times are of one monotonic clock.
 */
export class HeavyPace {
  private readonly written: PerSecond;
  private turnedDownAtMs = Number.NEGATIVE_INFINITY;
  private nextAtMs = Number.NEGATIVE_INFINITY;
  private perSecond = Number.POSITIVE_INFINITY;

  constructor(public usedAtMs: number) {
    this.written = new PerSecond(usedAtMs);
  }

  waitMs(nowMs: number): number {
    return Math.max(0, this.nextAtMs - nowMs);
  }

  /** How many deliveries one statement may write. */
  get atOnce(): number {
    return Math.max(SMALLEST_AT_ONCE, Math.floor(this.perSecond * AT_ONCE_S));
  }

  /** @param cost deliveries, or as many as would have taken the same time. */
  charge(nowMs: number, cost: number): void {
    this.usedAtMs = nowMs;
    this.written.add(nowMs, cost);
    this.nextAtMs = Math.max(nowMs, this.nextAtMs) + (cost * 1000) / this.perSecond;
  }

  /** Somebody else is there. */
  bound(): void {
    if (this.perSecond === Number.POSITIVE_INFINITY) this.perSecond = FIRST;
  }

  /** Nobody else is there any more. */
  unbound(): void {
    this.perSecond = Number.POSITIVE_INFINITY;
    this.nextAtMs = Number.NEGATIVE_INFINITY;
  }

  /** @param butTo what the busiest of the others has a second: nobody has to have less than another. */
  turnDown(nowMs: number, { butTo }: { butTo: number }): void {
    if (nowMs - this.turnedDownAtMs < SETTLES_MS) return;
    this.turnedDownAtMs = nowMs;
    const rate = Math.min(this.perSecond, this.written.rate(nowMs)) * TURNED_DOWN_TO;
    this.perSecond = Math.max(SLOWEST, Math.min(butTo, this.perSecond), rate);
  }

  turnUp(): void {
    this.perSecond += TURNED_UP_BY;
  }
}
