import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { percentile } from '../../../bench/statistics';

export interface FloodCall {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface Flood {
  /** Of the APIs, which are called in turn. */
  urls: string[];
  /** Made in turn. */
  calls: FloodCall[];
  /** Calls under way at once. */
  atOnce: number;
  /** At most; without it as fast as answers come. */
  perSecond?: number;
}

export interface FloodReport {
  /** Answers by status; 0: none. */
  statuses: Record<number, number>;
  p50Ms: number;
  p99Ms: number;
  /** The beginning of the first answer that was no success. */
  firstRefusal: string | null;
}

const SHOWN_CHARS = 200;
const ANSWER_TIMEOUT_MS = 30_000;

/** Calls until `isStopped` says so. Bodies are made beforehand: what an attack costs its maker must not slow the victim. */
export async function flood({ urls, calls, atOnce, perSecond }: Flood, isStopped: () => boolean): Promise<FloodReport> {
  const pools = urls.map((url) => new Pool(url, { connections: Math.ceil(atOnce / urls.length), pipelining: 1 }));
  const report: FloodReport = { statuses: {}, p50Ms: 0, p99Ms: 0, firstRefusal: null };
  const tookMs: number[] = [];
  const startMs = performance.now();
  let made = 0;
  const caller = async () => {
    while (!isStopped()) {
      const turn = made++;
      const earlyMs = perSecond ? (turn / perSecond) * 1000 - (performance.now() - startMs) : 0;
      if (earlyMs > 0) await sleep(earlyMs);
      if (isStopped()) return;
      const [pool, call] = [pools[turn % pools.length], calls[turn % calls.length]];
      if (!pool || !call) return;
      const sentMs = performance.now();
      const status = await callOnce(pool, call, report);
      tookMs.push(performance.now() - sentMs);
      report.statuses[status] = (report.statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  await Promise.all(pools.map((pool) => pool.destroy()));
  return { ...report, p50Ms: percentile(tookMs, 50), p99Ms: percentile(tookMs, 99) };
}

async function callOnce(pool: Pool, { method, ...call }: FloodCall, report: FloodReport): Promise<number> {
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const { statusCode, body } = await pool.request({ method: method as 'POST', signal, ...call });
    if (statusCode < 400) await body.dump();
    else report.firstRefusal ??= (await body.text()).slice(0, SHOWN_CHARS);
    if (statusCode >= 400 && !body.bodyUsed) await body.dump();
    return statusCode;
  } catch {
    return 0;
  }
}
