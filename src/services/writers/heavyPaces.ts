import { HeavyPace } from '../../domain/fairness/heavyPace';
import { LruMap } from '../../domain/lruMap';

/** Tenants whose heavy writes are watched; the least used go first. */
const MAX_WATCHED = 1000;
const JUDGED_EVERY_MS = 200;
/** Fewer times than this say nothing. */
const MIN_TIMES = 3;
/** Others are slowed when their light publishes take longer than this, and than so many times what they take beside no heavy writes. */
const SLOWED_MS = 20;
const SLOWED_TIMES = 1.5;
/** The part of one judgement in what light publishes take beside no heavy writes. */
const CALM_PART = 0.1;
/** Nobody else has published for so long: the machine is the tenant's. */
const ALONE_AFTER_MS = 3000;
/** After its last heavy write a tenant's pace is forgotten. */
const FORGET_AFTER_MS = 10_000;

interface Seen {
  tenantId: string;
  atMs: number;
}

/**
 * Turns the heavy writes of a tenant down while they slow other tenants. Fair turns at the writers do not prevent that: one
 * statement of a thousand deliveries is a thousand attempts, outcomes and parts of workflows afterwards, whoever is next, and
 * fills both cores of a small machine for a second (docs/decisions/0026-heavy-writes.md).
 *
 * What is judged is how long the light publishes of the others take, from being handed to their writer to their commit:
 * that has everything in it that they meet, this process's event loop and the database.
 */
export class HeavyPaces {
  private readonly paces = new LruMap<string, HeavyPace>(MAX_WATCHED);
  /** What light publishes took since the last judgement, by tenant. */
  private times = new Map<string, number[]>();
  private judgedAtMs: number;
  private calmMs = SLOWED_MS / SLOWED_TIMES;
  /** Whose light publish was the last one, and whose the last one of another tenant. */
  private last: Seen = { tenantId: '', atMs: Number.NEGATIVE_INFINITY };
  private lastOther: Seen = this.last;

  /** @param now a monotonic clock, in milliseconds. */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.judgedAtMs = now();
  }

  /** A light publish was written. */
  observe(tenantId: string, tookMs: number): void {
    const atMs = this.now();
    if (tenantId !== this.last.tenantId) this.lastOther = this.last;
    this.last = { tenantId, atMs };
    const ofTenant = this.times.get(tenantId);
    if (ofTenant) ofTenant.push(tookMs);
    else this.times.set(tenantId, [tookMs]);
    if (atMs - this.judgedAtMs >= JUDGED_EVERY_MS) this.judge(atMs);
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

  private paceOf(tenantId: string): HeavyPace {
    const known = this.paces.get(tenantId);
    if (known) return known;
    const nowMs = this.now();
    const pace = new HeavyPace(nowMs);
    if (!this.isAlone(tenantId, nowMs)) pace.bound();
    this.paces.set(tenantId, pace);
    return pace;
  }

  private isAlone(tenantId: string, nowMs: number): boolean {
    const other = tenantId === this.last.tenantId ? this.lastOther : this.last;
    return nowMs - other.atMs > ALONE_AFTER_MS;
  }

  private judge(nowMs: number): void {
    const seconds = (nowMs - this.judgedAtMs) / 1000;
    const { times } = this;
    this.times = new Map();
    this.judgedAtMs = nowMs;
    const slowedMs = Math.max(SLOWED_MS, this.calmMs * SLOWED_TIMES);
    const ofAll = summaryOf([...times.values()]);
    for (const [tenantId, pace] of [...this.paces]) {
      if (nowMs - pace.usedAtMs > FORGET_AFTER_MS) this.paces.delete(tenantId);
      else if (this.isAlone(tenantId, nowMs)) pace.unbound();
      else {
        // Most heavy tenants publish nothing light meanwhile: then all are the others.
        const others = times.has(tenantId)
          ? summaryOf([...times].flatMap(([id, ofTenant]) => (id === tenantId ? [] : [ofTenant])))
          : ofAll;
        if (others === null) continue;
        pace.bound();
        if (others.medianMs <= slowedMs) pace.turnUp();
        else pace.turnDown(nowMs, { butTo: others.mostOfOne / seconds });
      }
    }
    if (this.paces.size === 0 && ofAll !== null) this.calmMs += (ofAll.medianMs - this.calmMs) * CALM_PART;
  }
}

interface Summary {
  medianMs: number;
  /** Publishes of the tenant that has most of them. */
  mostOfOne: number;
}

/** @param byTenant times of light publishes. @returns null of too few. */
function summaryOf(byTenant: readonly number[][]): Summary | null {
  const sorted = byTenant.flat().sort((a, b) => a - b);
  const medianMs = sorted[sorted.length >> 1];
  if (sorted.length < MIN_TIMES || medianMs === undefined) return null;
  return { medianMs, mostOfOne: Math.max(...byTenant.map(({ length }) => length)) };
}
