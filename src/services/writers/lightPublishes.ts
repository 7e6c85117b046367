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
    const seconds = (nowMs - this.judgedAtMs) / 1000;
    const { times } = this;
    this.times = new Map();
    this.judgedAtMs = nowMs;
    const slowedMs = Math.max(SLOWED_MS, this.calmMs * SLOWED_TIMES);
    const toOthers = (summary: Summary | null): Others | null =>
      summary && { areSlowed: summary.medianMs > slowedMs, mostOfOne: summary.mostOfOne / seconds };
    const summary = summaryOf([...times.values()]);
    const all = toOthers(summary);
    const judgement: Judgement = {
      nowMs,
      isAlone: (tenantId) => this.isAlone(tenantId),
      // Most heavy tenants publish nothing light meanwhile: then all are the others.
      othersOf: (tenantId) =>
        times.has(tenantId)
          ? toOthers(summaryOf([...times].flatMap(([id, ofTenant]) => (id === tenantId ? [] : [ofTenant]))))
          : all,
    };
    const someIsHeavy = this.judges.map((one) => one.judge(judgement)).includes(true);
    if (summary === null) return;
    this.calmMs += (summary.medianMs - this.calmMs) * (someIsHeavy ? TURNED_DOWN_PART : CALM_PART);
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
