import { LruMap } from '../../domain/lruMap';
import { Pace } from '../../domain/pace';
import { PerSecond } from '../../domain/perSecond';
import { TOO_MANY_REQUESTS } from '../../domain/receiverPresence';
import type { Attempted, AttemptTarget, CallResult } from './attempt';

/** Subscriptions whose acknowledgements are counted, and as many whose pace is kept; the least used go first. */
const MAX_WATCHED = 10_000;

export interface PacesOptions {
  /** The receiver refused a call for the first time: from now on it has a pace. */
  onPaced(target: AttemptTarget, callsPerSecond: number): void;
}

/**
 * The pace of every receiver that has answered 429, learned and kept by this process: several of them share what it
 * takes, as its other callers do.
 *
 * A receiver is a subscription's, like its sickness and its `maxInFlight`. Limits hold for a token, a path or a customer
 * at least as often as for a whole host, and one that a host sets for all of its paths is found by each subscription for
 * itself. So a 429 slows nobody but the subscription whose call it refused.
 */
export class Paces {
  private readonly counts = new LruMap<string, PerSecond>(MAX_WATCHED);
  private readonly paces = new LruMap<string, Pace>(MAX_WATCHED);

  constructor(private readonly options: PacesOptions) {}

  /** Milliseconds until the subscription's next call may begin. */
  waitMs(subscriptionId: string): number {
    return this.paces.size === 0 ? 0 : (this.paces.get(subscriptionId)?.waitMs(performance.now()) ?? 0);
  }

  /** How many of its calls may begin within so many milliseconds. */
  roomWithin(subscriptionId: string, withinMs: number): number {
    return this.paces.get(subscriptionId)?.roomWithin(withinMs, performance.now()) ?? Number.POSITIVE_INFINITY;
  }

  /** One of its calls begins. */
  take(subscriptionId: string): void {
    if (this.paces.size > 0) this.paces.get(subscriptionId)?.take(performance.now());
  }

  /** Whether a receiver that takes other calls has refused this one. Asked before `observe`. */
  isTooEarly({ target, result }: Pick<Attempted, 'target' | 'result'>): boolean {
    if (result.statusCode !== TOO_MANY_REQUESTS || result.isAcknowledged) return false;
    return this.paces.get(target.id)?.isServing(begunAtMs(result)) ?? false;
  }

  /**
   * After every attempt of this process.
   *
   * @returns whether the receiver has answered nothing but 429 for minutes.
   */
  observe({ target, result }: Pick<Attempted, 'target' | 'result'>): boolean {
    const nowMs = performance.now();
    const begun = begunAtMs(result, nowMs);
    if (result.isAcknowledged) this.acknowledged(target.id, begun, nowMs);
    else if (result.statusCode === TOO_MANY_REQUESTS) return this.refused(target, result.retryAfterMs, begun, nowMs);
    return false;
  }

  /** Its settings have changed, perhaps its callback: the pace is learned anew. */
  forget(subscriptionId: string): void {
    this.paces.delete(subscriptionId);
    this.counts.delete(subscriptionId);
  }

  private acknowledged(subscriptionId: string, begunAtMs: number, nowMs: number): void {
    let count = this.counts.get(subscriptionId);
    if (!count) {
      count = new PerSecond(nowMs);
      this.counts.set(subscriptionId, count);
    }
    count.add(nowMs);
    const pace = this.paces.size > 0 ? this.paces.get(subscriptionId) : undefined;
    if (!pace) return;
    pace.acknowledge(begunAtMs);
    if (pace.isUnbounded) this.paces.delete(subscriptionId);
  }

  private refused(target: AttemptTarget, retryAfterMs: number | null, begunAtMs: number, nowMs: number): boolean {
    const known = this.paces.get(target.id);
    const pace = known ?? new Pace();
    const acknowledgedPerS = this.counts.get(target.id)?.rate(nowMs) ?? 0;
    pace.refuse({ nowMs, begunAtMs, retryAfterMs, acknowledgedPerS });
    if (!known) {
      this.paces.set(target.id, pace);
      this.options.onPaced(target, pace.callsPerSecond);
    }
    return pace.isRefusing(nowMs);
  }
}

function begunAtMs({ durationMs, undecidedMs }: CallResult, nowMs = performance.now()): number {
  return nowMs - durationMs - undecidedMs;
}
