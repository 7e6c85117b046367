import { PerSecond } from '../perSecond';

/** What was done before still fills the machine for so long; a second judgement of it would turn down too far. */
const SETTLES_MS = 600;
/** Seconds' worth: what is written at once is a disturbance of its own. */
const AT_ONCE_S = 0.1;
const SMALLEST_AT_ONCE = 50;

/** All of a second, in what is counted: deliveries, or milliseconds of calls. */
export interface HeavyPaceLimits {
  /** Where a pace begins that is bound before it was turned down. */
  first: number;
  /** It is never turned down below it. */
  slowest: number;
  /** Its part that is left when it is turned down. */
  downTo: number;
  /** For each judgement that finds nobody slowed. */
  upBy: number;
  /** A pace that was turned up so far is none any more. */
  unboundAbove: number;
}

/**
 * How much a second one tenant may do of what is heavy: additive increase, multiplicative decrease, as TCP shares a link
 * (RFC 5681). What is done is charged, and what comes next waits for as long as that was worth. All times are of one monotonic
 * clock.
 */
export class HeavyPace {
  private readonly used: PerSecond;
  private turnedDownAtMs = Number.NEGATIVE_INFINITY;
  private nextAtMs = Number.NEGATIVE_INFINITY;
  private perSecond = Number.POSITIVE_INFINITY;

  constructor(
    public usedAtMs: number,
    private readonly limits: HeavyPaceLimits,
  ) {
    this.used = new PerSecond(usedAtMs);
  }

  get isBound(): boolean {
    return this.perSecond !== Number.POSITIVE_INFINITY;
  }

  /** Used in the last second. */
  usedPerSecond(nowMs: number): number {
    return this.used.rate(nowMs);
  }

  waitMs(nowMs: number): number {
    return Math.max(0, this.nextAtMs - nowMs);
  }

  /** How many deliveries one statement may write. */
  get atOnce(): number {
    return Math.max(SMALLEST_AT_ONCE, Math.floor(this.perSecond * AT_ONCE_S));
  }

  charge(nowMs: number, cost: number): void {
    this.usedAtMs = nowMs;
    this.used.add(nowMs, cost);
    this.nextAtMs = Math.max(nowMs, this.nextAtMs) + (cost * 1000) / this.perSecond;
  }

  /** Somebody else is there. */
  bound(): void {
    if (!this.isBound) this.perSecond = this.limits.first;
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
    const rate = Math.min(this.perSecond, this.used.rate(nowMs)) * this.limits.downTo;
    this.perSecond = Math.max(this.limits.slowest, Math.min(butTo, this.perSecond), rate);
  }

  turnUp(): void {
    this.perSecond += this.limits.upBy;
    if (this.perSecond > this.limits.unboundAbove) this.unbound();
  }
}
