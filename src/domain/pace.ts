/**
 * Parts of what the receiver took when it last refused. The pace goes back to the first and rises to the second, and stays
 * about there: calls are never spaced exactly, and at the whole of it the one that comes too early is refused.
 */
const BACK_TO = 0.9;
const PLATEAU = 0.95;
/** Seconds of calls from the one to the other. It takes as long again to reach the point of the last refusal. */
const PLATEAU_AFTER_S = 30;
const STEEPNESS = 1 - BACK_TO / PLATEAU;
/** By so much the pace grows with each second of calls while it is not known what the receiver takes. */
const FINDING_GROWTH = 2;
/** A refusal in this time after the first one does not say what a process that calls alone may take. */
const FINDING_MS = 5000;
/** Calls a second. Below it the hold after each refusal is what keeps calls apart. */
const SLOWEST = 0.1;
/** Calls a second. A receiver that takes so many needs no pace: `maxInFlight` bounds it. */
const UNBOUNDED = 500;
/** Calls a second. Below it a second is too short a time to count in. */
const COUNTABLE = 2;

const HOLD_MS = 1000;
const MAX_HOLD_MS = 60_000;
/** Receivers that ask for more are called once in this time, so that one that is back does not wait for a day. */
const MAX_ASKED_HOLD_MS = 10 * 60_000;
/** Calls that are late, because a timer was, are made up for as far as this: less than the plateau leaves free in a second. */
const CATCH_UP_MS = 50;
/** A receiver that answers nothing but 429 for so long is not limiting its callers, it is not there. */
const REFUSING_AFTER_MS = 5 * 60_000;

export interface Refusal {
  nowMs: number;
  /** When the refused call began. */
  begunAtMs: number;
  /** From `Retry-After`. */
  retryAfterMs: number | null;
  /** Acknowledgements in the second before. */
  acknowledgedPerS: number;
}

/**
 * How fast one receiver is called: it begins with the first 429, each further one turns it down, acknowledgements turn it
 * up. Multiplicative decrease, and an increase with a plateau like that of CUBIC (RFC 9438): quickly back to just below
 * what the receiver last took, slowly past it, then faster and faster. A linear increase meets the limit every few
 * seconds, and each time a delivery waits for its next attempt. All times are of one monotonic clock.
 */
export class Pace {
  private perSecond = Number.POSITIVE_INFINITY;
  private refusedAt = Number.POSITIVE_INFINITY;
  /**
   * What the receiver takes is not known yet. At first other processes call it too, who may take most of what it takes, until what
   * waits is behind its lane, which one process drains.
   */
  private isFinding = true;
  private pacedSinceMs: number | null = null;
  /** Acknowledged calls since it was turned down, each counted as the time between two calls. */
  private grownS = 0;
  private turnedDownAtMs = Number.NEGATIVE_INFINITY;
  private nextAtMs = Number.NEGATIVE_INFINITY;
  /** Since when nothing but refusals came. */
  private refusingSinceMs: number | null = null;
  private refusalsInARow = 0;

  get callsPerSecond(): number {
    return this.perSecond;
  }

  /** The receiver takes so much that it needs no pace. */
  get isUnbounded(): boolean {
    return this.perSecond >= UNBOUNDED;
  }

  /** Whether a call that is refused only came too early: another was acknowledged since the refusal before. Asked before `refuse`. */
  isServing(begunAtMs: number): boolean {
    return this.refusalsInARow === 0 || (this.refusalsInARow === 1 && begunAtMs < this.turnedDownAtMs);
  }

  isRefusing(nowMs: number): boolean {
    return this.refusingSinceMs !== null && nowMs - this.refusingSinceMs >= REFUSING_AFTER_MS;
  }

  /** Milliseconds until the next call may begin. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.nextAtMs - nowMs);
  }

  /** How many calls may begin within so many milliseconds. */
  roomWithin(withinMs: number, nowMs: number): number {
    const spareMs = withinMs - this.waitMs(nowMs);
    return spareMs < 0 ? 0 : 1 + Math.floor((spareMs * this.perSecond) / 1000);
  }

  /** A call begins. */
  take(nowMs: number): void {
    this.nextAtMs = Math.max(this.nextAtMs, nowMs - CATCH_UP_MS) + 1000 / this.perSecond;
  }

  /** The receiver answered 429. Of calls that were under way together only the first turns it down. */
  refuse({ nowMs, begunAtMs, retryAfterMs, acknowledgedPerS }: Refusal): void {
    if (begunAtMs >= this.turnedDownAtMs) {
      this.turnedDownAtMs = nowMs;
      this.refusingSinceMs ??= nowMs;
      this.refusalsInARow++;
      this.refusedAt = this.takenOf(acknowledgedPerS);
      this.pacedSinceMs ??= nowMs;
      this.isFinding &&= this.perSecond > COUNTABLE && nowMs - this.pacedSinceMs < FINDING_MS;
      this.perSecond = Math.max(SLOWEST, this.refusedAt * BACK_TO);
      this.grownS = 0;
    }
    const holdMs = Math.min(MAX_HOLD_MS, HOLD_MS * 2 ** (this.refusalsInARow - 1));
    this.nextAtMs = Math.max(this.nextAtMs, nowMs + Math.max(holdMs, Math.min(retryAfterMs ?? 0, MAX_ASKED_HOLD_MS)));
  }

  acknowledge(begunAtMs: number): void {
    this.refusingSinceMs = null;
    this.refusalsInARow = 0;
    // It says nothing of a pace that it was not called at.
    if (begunAtMs < this.turnedDownAtMs) return;
    this.grownS += 1 / this.perSecond;
    if (this.isFinding) {
      this.perSecond = this.refusedAt * BACK_TO * FINDING_GROWTH ** this.grownS;
      return;
    }
    const past = (this.grownS - PLATEAU_AFTER_S) / PLATEAU_AFTER_S;
    this.perSecond = Math.max(this.perSecond, this.refusedAt * PLATEAU * (1 + STEEPNESS * past ** 3));
  }

  /** Calls a second that the receiver took when it refused one. */
  private takenOf(acknowledgedPerS: number): number {
    if (this.perSecond > COUNTABLE) return Math.min(this.perSecond, Math.max(1, acknowledgedPerS));
    return this.isFinding ? this.perSecond / FINDING_GROWTH : this.perSecond;
  }
}
