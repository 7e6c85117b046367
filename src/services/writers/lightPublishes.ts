const JUDGED_EVERY_MS = 200;
/** Fewer times than this say nothing. */
const MIN_TIMES = 3;
/** Others are slowed when their light publishes take longer than this, and than so many times what they take in calm times. */
const SLOWED_MS = 20;
const SLOWED_TIMES = 1.5;
/** The part of one judgement in what light publishes take in calm times. */
const CALM_PART = 0.1;
/** The same while somebody is turned down: when that does not help, in half a minute, the times themselves are slow. */
const TURNED_DOWN_PART = 0.005;
/** Nobody else has published for so long: the machine is the tenant's. */
const ALONE_AFTER_MS = 3000;

interface Seen {
  tenantId: string;
  atMs: number;
}

/** The light publishes of all tenants but one, since the judgement before. */
export interface Others {
  /** More than half of them took longer than that. */
  areSlowed: boolean;
  /** How many the busiest of them made a second. */
  mostOfOne: number;
}

/** What light publishes said of the time since the judgement before. All times are of one monotonic clock. */
export interface Judgement {
  nowMs: number;
  /** Nobody else publishes. */
  isAlone(tenantId: string): boolean;
  /** Null: they were too few. */
  othersOf(tenantId: string): Others | null;
}

/** One that turns tenants down while they slow others. */
export interface Judge {
  /** @returns whether somebody is turned down, or may have to be. */
  judge(judgement: Judgement): boolean;
}

/**
 * How long the light publishes of each tenant take, from being handed to their writer to their commit: that has everything
 * in it that they meet, this process's event loop and the database. So they tell when somebody slows the others.
 */
export class LightPublishes {
  private readonly judges: Judge[] = [];
  /** What they took since the last judgement, by tenant. */
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

  add(judge: Judge): void {
    this.judges.push(judge);
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

  isAlone(tenantId: string): boolean {
    const other = tenantId === this.last.tenantId ? this.lastOther : this.last;
    return this.now() - other.atMs > ALONE_AFTER_MS;
  }

  private judge(nowMs: number): void {
    const { times, judgedAtMs } = this;
    this.times = new Map();
    this.judgedAtMs = nowMs;
    const slowedMs = Math.max(SLOWED_MS, this.calmMs * SLOWED_TIMES);
    const othersOf = compareOthers(times, { slowedMs, seconds: (nowMs - judgedAtMs) / 1000 });
    const isAlone = (tenantId: string) => this.isAlone(tenantId);
    const someIsHeavy = this.judges.map((one) => one.judge({ nowMs, isAlone, othersOf })).includes(true);
    const medianMs = medianOf([...times.values()].flat());
    if (medianMs !== null) this.calmMs += (medianMs - this.calmMs) * (someIsHeavy ? TURNED_DOWN_PART : CALM_PART);
  }
}

/**
 * Counts once, so that what is asked for a tenant costs nothing more: with a thousand of them a look through all others' times for each
 * held the event loop for most of a second.
 */
function compareOthers(
  times: ReadonlyMap<string, readonly number[]>,
  { slowedMs, seconds }: { slowedMs: number; seconds: number },
): Judgement['othersOf'] {
  const byTenant = new Map<string, { count: number; quick: number }>();
  const all = { count: 0, quick: 0 };
  for (const [tenantId, ofTenant] of times) {
    const quick = ofTenant.filter((tookMs) => tookMs <= slowedMs).length;
    byTenant.set(tenantId, { count: ofTenant.length, quick });
    all.count += ofTenant.length;
    all.quick += quick;
  }
  const [busiest, next] = [...byTenant].sort(([, a], [, b]) => b.count - a.count);
  return (tenantId) => {
    const own = byTenant.get(tenantId) ?? { count: 0, quick: 0 };
    const count = all.count - own.count;
    if (count < MIN_TIMES) return null;
    const [, busiestOther] = (busiest?.[0] === tenantId ? next : busiest) ?? [tenantId, own];
    return { areSlowed: all.quick - own.quick <= count >> 1, mostOfOne: busiestOther.count / seconds };
  };
}

/** @returns null of too few. */
function medianOf(times: number[]): number | null {
  if (times.length < MIN_TIMES) return null;
  return times.sort((a, b) => a - b)[times.length >> 1] ?? null;
}
