import { HeavyPace } from '../../domain/fairness/heavyPace';
import { LruMap } from '../../domain/lruMap';
import type { Judgement, LightPublishes } from './lightPublishes';

/** Tenants whose heavy writes are watched; the least used go first. */
const MAX_WATCHED = 1000;
/** After its last heavy write a tenant's pace is forgotten. */
const FORGET_AFTER_MS = 10_000;
/** Deliveries a second. */
const LIMITS = { first: 250, slowest: 50, downTo: 0.7, upBy: 25, unboundAbove: Number.POSITIVE_INFINITY };

/**
 * Turns the heavy writes of a tenant down while they slow other tenants. Fair turns at the writers do not prevent that: one
 * statement of a thousand deliveries is a thousand attempts, outcomes and parts of workflows afterwards, whoever is next, and
 * fills both cores of a small machine for a second (docs/decisions/0026-heavy-writes.md).
 */
export class HeavyPaces {
  private readonly paces = new LruMap<string, HeavyPace>(MAX_WATCHED);

  /** @param now a monotonic clock, in milliseconds. */
  constructor(
    private readonly light: LightPublishes,
    private readonly now: () => number = () => performance.now(),
  ) {
    light.add(this);
  }

  /** Milliseconds until the tenant's next heavy write. */
  waitMs(tenantId: string): number {
    return this.paces.get(tenantId)?.waitMs(this.now()) ?? 0;
  }

  /** How many deliveries the tenant's next statement may write: one, when it comes before its time. */
  atOnce(tenantId: string): number {
    return this.waitMs(tenantId) > 0 ? 1 : this.paceOf(tenantId).atOnce;
  }

  /** A statement of the tenant alone was written. One that wrote little and took long, for what it had to read, costs its time. */
  wrote(tenantId: string, { deliveries, tookMs }: { deliveries: number; tookMs: number }): void {
    this.paceOf(tenantId).charge(this.now(), Math.max(deliveries, tookMs));
  }

  judge({ nowMs, isAlone, othersOf }: Judgement): boolean {
    for (const [tenantId, pace] of [...this.paces]) {
      if (nowMs - pace.usedAtMs > FORGET_AFTER_MS) this.paces.delete(tenantId);
      else if (isAlone(tenantId)) pace.unbound();
      else {
        const others = othersOf(tenantId);
        if (others === null) continue;
        pace.bound();
        if (others.areSlowed) pace.turnDown(nowMs, { butTo: others.mostOfOne });
        else pace.turnUp();
      }
    }
    return this.paces.size > 0;
  }

  private paceOf(tenantId: string): HeavyPace {
    const known = this.paces.get(tenantId);
    if (known) return known;
    const pace = new HeavyPace(this.now(), LIMITS);
    if (!this.light.isAlone(tenantId)) pace.bound();
    this.paces.set(tenantId, pace);
    return pace;
  }
}
