import type { Readiness, ReadinessPart } from '../api/route';
import type { Database } from '../db/database';
import type { TemporalLink } from '../temporal/temporalLink';

export interface ReadinessOptions {
  db: Database;
  temporal: TemporalLink;
  clockOffsetMs(): number;
  /** null: this process has none, and needs none. */
  isWorkerRunning: (() => boolean) | null;
}

/** Asks each part that the process works with, at once. */
export function createReadiness({ db, temporal, clockOffsetMs, isWorkerRunning }: ReadinessOptions) {
  return async (): Promise<Readiness> => {
    const [postgres, temporalPart] = await Promise.all([
      part(async () => {
        await db.reserved.raw('SELECT 1');
      }),
      part(() => temporal.check()),
    ]);
    const isRunning = isWorkerRunning === null || isWorkerRunning();
    return {
      postgres: { ...postgres, clockOffsetMs: clockOffsetMs() },
      temporal: temporalPart,
      worker: isRunning ? { ok: true } : { ok: false, detail: 'the worker does not run' },
    };
  };
}

/** A server's own words can name hosts and users; the log has them, an open page does not. */
async function part(check: () => Promise<void>): Promise<ReadinessPart> {
  try {
    await check();
    return { ok: true };
  } catch {
    return { ok: false, detail: 'does not answer' };
  }
}
