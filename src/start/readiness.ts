import type { Readiness, ReadinessPart } from '../api/route';
import type { Database } from '../db/database';
import { type MaintenanceStatus, readMaintenance } from '../db/maintenance';
import { askedTogether } from '../services/askedTogether';
import type { TemporalLink } from '../temporal/temporalLink';

/** Reconcile runs every ten seconds: so many rounds that failed in a row are no accident. */
const RECONCILE_MISSED_AFTER_S = 120;
/** Retention runs every hour, and what it leaves is only kept for longer: it is said, and turns nothing red. */
const RETENTION_MISSED_AFTER_S = 3 * 3600;
/** Two calls of Temporal, for a page that anybody can ask for; a pause is seen well within a minute. */
const SCHEDULES_KNOWN_FOR_MS = 15_000;

export interface ReadinessOptions {
  db: Database;
  temporal: Pick<TemporalLink, 'check' | 'pausedSchedules'>;
  clockOffsetMs(): number;
  /** null: this process has none, and needs none. */
  isWorkerRunning: (() => boolean) | null;
  /** How long this process has run: a success from before it tells nothing of now. */
  uptimeS?(): number;
}

/** Asks each part that the process works with, at once. */
export function createReadiness({ db, temporal, clockOffsetMs, isWorkerRunning, ...options }: ReadinessOptions) {
  const { uptimeS = () => process.uptime() } = options;
  const pausedSchedules = askedTogether(() => temporal.pausedSchedules(), { keepMs: SCHEDULES_KNOWN_FOR_MS });
  return async (): Promise<Readiness> => {
    const [status, temporalPart, schedules] = await Promise.all([
      readMaintenance(db.reserved).catch(() => null),
      part(async () => {
        await temporal.check();
        return { ok: true };
      }),
      part(async () => ofSchedules(await pausedSchedules())),
    ]);
    const isRunning = isWorkerRunning === null || isWorkerRunning();
    return {
      postgres: { ...ofPostgres(status), clockOffsetMs: clockOffsetMs() },
      temporal: temporalPart,
      worker: isRunning ? { ok: true } : { ok: false, detail: 'the worker does not run' },
      reconcile: ofReconcile(status, uptimeS()),
      retention: ofRetention(status, uptimeS()),
      schedules,
    };
  };
}

/** A server's own words can name hosts and users; the log has them, an open page does not. */
async function part(check: () => Promise<ReadinessPart>): Promise<ReadinessPart> {
  return check().catch(() => DOES_NOT_ANSWER);
}

const DOES_NOT_ANSWER: ReadinessPart = { ok: false, detail: 'does not answer' };

/** A clock that went back is said, not red: every process sees the same, and would be taken out of service at once. */
function ofPostgres(status: MaintenanceStatus | null): ReadinessPart {
  if (!status) return DOES_NOT_ANSWER;
  if (!status.setback) return { ok: true };
  const { backMs, foundAt } = status.setback;
  const detail = `its clock went back by about ${Math.round(backMs / 1000)} s; this was found at ${foundAt.toISOString()}`;
  return { ok: true, detail };
}

function ofReconcile(status: MaintenanceStatus | null, uptimeS: number): ReadinessPart {
  if (!status) return DOES_NOT_ANSWER;
  const silentForS = Math.min(status.reconcileAgeS, uptimeS);
  if (silentForS <= RECONCILE_MISSED_AFTER_S) return { ok: true };
  return { ok: false, detail: `no round has succeeded for ${Math.round(silentForS)} s: see the workflow reconcile` };
}

function ofRetention(status: MaintenanceStatus | null, uptimeS: number): ReadinessPart {
  if (!status) return DOES_NOT_ANSWER;
  const silentForS = Math.min(status.retentionAgeS, uptimeS);
  if (silentForS <= RETENTION_MISSED_AFTER_S) return { ok: true };
  const hours = Math.floor(silentForS / 3600);
  return { ok: true, detail: `no round has succeeded for ${hours} h: see the workflow retention` };
}

function ofSchedules(paused: string[]): ReadinessPart {
  if (paused.length === 0) return { ok: true };
  return { ok: false, detail: `paused in Temporal: ${paused.join(', ')}; unpause the schedule there` };
}
