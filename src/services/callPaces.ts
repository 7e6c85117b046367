import { setTimeout } from 'node:timers/promises';
import { HeavyPace } from '../domain/fairness/heavyPace';
import { ShareExhausted } from '../domain/fairness/shareExhausted';
import { LruMap } from '../domain/lruMap';
import type { Judgement, LightPublishes } from './writers/lightPublishes';

/** Tenants whose calls are watched; the least used go first. */
const MAX_WATCHED = 1000;
/** Milliseconds of calls in a second. */
const LIMITS = { first: 500, slowest: 250, downTo: 0.3, upBy: 25, unboundAbove: 4000 };
/** What is forgotten was turned up again long before. */
const FORGET_AFTER_MS = 10_000;
/** A call that takes longer waits mostly: for a lock, or for a receiver that it calls. */
const MOST_COUNTED_MS = 2000;
/** With the call itself and its turn at a list, less than the 9.5 s in which a call is answered. */
const LONGEST_WAIT_MS = 3000;
/** What a call is taken to cost until it has ended: mostly what the tenant's calls of its kind before it did. */
const FIRST_ESTIMATE_MS = { list: 30, other: 5 };
const ESTIMATE_PART = 0.2;

/** Lists take turns of their own, and cost more than others. */
export type CallKind = keyof typeof FIRST_ESTIMATE_MS;

interface Watched {
  pace: HeavyPace;
  estimateMs: Record<CallKind, number>;
  /** Resolves when nobody waits before the next call to come. */
  lastTurn: Promise<void>;
}

/**
 * Bounds the calls of a tenant, all but publishes, while other tenants publish: lists, searches, changes, activations. Each is
 * cheap and legal, and as many as a key may make fill the event loop and the database.
 *
 * A call costs what it took. A tenant begins with 500 ms of calls a second and is turned up while the others' publishes are
 * not slowed. When they are, the busiest tenant is turned down, to 250 ms or to what the busiest of the others has.
 */
export class CallPaces {
  private readonly watched = new LruMap<string, Watched>(MAX_WATCHED);

  /** @param now a monotonic clock, in milliseconds. */
  constructor(
    private readonly light: LightPublishes,
    private readonly now: () => number = () => performance.now(),
    private readonly sleep: (ms: number) => Promise<void> = setTimeout,
  ) {
    light.add(this);
  }

  /**
   * Waits until the tenant may make its next call.
   *
   * @returns to be told, once, how many milliseconds the call took. @throws ShareExhausted when it would wait for more than 3 s.
   */
  async next(tenantId: string, kind: CallKind): Promise<(tookMs: number) => void> {
    const ofTenant = this.watch(tenantId);
    const { pace } = ofTenant;
    if (pace.isBound) await this.turn(ofTenant);
    const estimateMs = ofTenant.estimateMs[kind];
    pace.charge(this.now(), estimateMs);
    return (tookMs) => {
      const costMs = Math.min(MOST_COUNTED_MS, tookMs);
      pace.charge(this.now(), costMs - estimateMs);
      ofTenant.estimateMs[kind] += (costMs - ofTenant.estimateMs[kind]) * ESTIMATE_PART;
    };
  }

  judge({ nowMs, isAlone, othersOf }: Judgement): boolean {
    const used = [...this.watched].map(([tenantId, { pace }]) => ({
      ...{ tenantId, pace },
      perSecond: pace.usedPerSecond(nowMs),
    }));
    const [busiest, next] = used.toSorted((a, b) => b.perSecond - a.perSecond);
    let isSomeoneDown = false;
    for (const { tenantId, pace } of used) {
      const others = othersOf(tenantId);
      if (nowMs - pace.usedAtMs > FORGET_AFTER_MS) this.watched.delete(tenantId);
      else if (isAlone(tenantId)) pace.unbound();
      else if (others?.areSlowed === false) pace.turnUp();
      else if (others !== null && busiest?.tenantId === tenantId && busiest.perSecond > LIMITS.slowest) {
        pace.turnDown(nowMs, { butTo: next?.perSecond ?? 0 });
        isSomeoneDown = true;
      }
    }
    return isSomeoneDown;
  }

  /** One after the other: what the calls before cost is known then. */
  private turn(ofTenant: Watched): Promise<void> {
    const giveUpAt = this.now() + LONGEST_WAIT_MS;
    const turn = ofTenant.lastTurn.then(() => this.untilDue(ofTenant.pace, giveUpAt));
    ofTenant.lastTurn = turn.catch(() => undefined);
    return turn;
  }

  private async untilDue(pace: HeavyPace, giveUpAt: number): Promise<void> {
    for (;;) {
      const nowMs = this.now();
      const waitMs = pace.waitMs(nowMs);
      if (nowMs + waitMs > giveUpAt) {
        throw new ShareExhausted('too_many', "this tenant's part of the time for calls");
      }
      if (waitMs === 0) return;
      await this.sleep(waitMs);
    }
  }

  private watch(tenantId: string): Watched {
    const known = this.watched.get(tenantId);
    if (known) return known;
    const pace = new HeavyPace(this.now(), LIMITS);
    if (!this.light.isAlone(tenantId)) pace.bound();
    const ofTenant = { pace, estimateMs: { ...FIRST_ESTIMATE_MS }, lastTurn: Promise.resolve() };
    this.watched.set(tenantId, ofTenant);
    return ofTenant;
  }
}
