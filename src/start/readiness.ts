import type { Readiness, ReadinessPart, ReadinessPartName } from '../api/route';
import type { Config } from '../config/config';
import type { Database } from '../db/database';
import { type MaintenanceStatus, readMaintenance } from '../db/maintenance';
import { within } from '../domain/within';
import { TemporalAway } from '../services/carriers/port';
import type { TemporalLink } from '../temporal/temporalLink';

/** Of each part by itself: a Temporal that hangs must not make PostgreSQL look silent. */
const ANSWER_WITHIN_MS = 3000;
/** Reconcile runs every ten seconds: so many rounds that failed in a row are no accident. */
const RECONCILE_MISSED_AFTER_S = 120;
/** Retention runs every hour, and what it leaves is only kept for longer. */
const RETENTION_MISSED_AFTER_S = 3 * 3600;

/**
 * What takes a process out of service. Publishing and first attempts need only PostgreSQL, so an outage of Temporal must not
 * become one of the API. What every process sees alike (a missed round) takes out none of them: all would
 * go at once, and none of them would be helped.
 */
const NEEDED: Record<Config['role'], readonly ReadinessPartName[]> = {
  all: ['postgres'],
  api: ['postgres'],
  worker: ['postgres', 'temporal', 'worker'],
};

export interface ReadinessOptions {
  role: Config['role'];
  db: Pick<Database, 'reserved'>;
  temporal: Pick<TemporalLink, 'check' | 'missingAttributes'>;
  clockOffsetMs(): number;
  /** null: this process has none, and needs none. */
  isWorkerRunning: (() => boolean) | null;
  /** How long this process has run: a success from before it tells nothing of now. */
  uptimeS?(): number;
}

/** Asks each part that the process works with, at once. Answers within 3 s, and never rejects. */
export function createReadiness({ role, db, temporal, clockOffsetMs, isWorkerRunning, ...options }: ReadinessOptions) {
  const { uptimeS = () => process.uptime() } = options;
  return async (): Promise<Readiness> => {
    const [status, temporalPart] = await Promise.all([
      within(ANSWER_WITHIN_MS, readMaintenance(db.reserved)).catch(() => null),
      part(async () => {
        await temporal.check();
        return { ok: true };
      }),
    ]);
    const isRunning = isWorkerRunning === null || isWorkerRunning();
    return {
      parts: {
        postgres: { ...ofPostgres(status), clockOffsetMs: clockOffsetMs() },
        temporal: temporalPart,
        worker: isRunning ? { ok: true } : { ok: false, detail: 'the worker does not run' },
        reconcile: ofRounds({
          name: 'reconcile',
          ageS: status?.reconcileAgeS,
          afterS: RECONCILE_MISSED_AFTER_S,
          uptimeS,
        }),
        retention: ofRounds({
          name: 'retention',
          ageS: status?.retentionAgeS,
          afterS: RETENTION_MISSED_AFTER_S,
          uptimeS,
        }),
        searchAttributes: ofSearchAttributes(temporal.missingAttributes.todo),
      },
      needed: NEEDED[role],
    };
  };
}

/** A server's own words can name hosts and users; the log has them, an open page does not. */
function part(check: () => Promise<ReadinessPart>): Promise<ReadinessPart> {
  return within(ANSWER_WITHIN_MS, check()).catch((error: unknown) =>
    error instanceof TemporalAway ? { ok: false, detail: error.message } : DOES_NOT_ANSWER,
  );
}

const DOES_NOT_ANSWER: ReadinessPart = { ok: false, detail: 'does not answer' };

/** A clock that went back is a notice: nothing is to be done about it any more. */
function ofPostgres(status: MaintenanceStatus | null): ReadinessPart {
  if (!status) return DOES_NOT_ANSWER;
  if (!status.setback) return { ok: true };
  const { backMs, foundAt } = status.setback;
  const detail = `its clock went back by about ${Math.round(backMs / 1000)} s; this was found at ${foundAt.toISOString()}`;
  return { ok: true, detail };
}

function ofRounds(rounds: {
  name: string;
  ageS: number | undefined;
  afterS: number;
  uptimeS(): number;
}): ReadinessPart {
  const { name, ageS, afterS, uptimeS } = rounds;
  if (ageS === undefined) return { ok: false, detail: 'not known while PostgreSQL does not answer' };
  const silentForS = Math.min(ageS, uptimeS());
  if (silentForS <= afterS) return { ok: true };
  return {
    ok: false,
    detail: `no round has succeeded for ${Math.round(silentForS)} s: the log says why in ${name}.round_failed`,
  };
}

function ofSearchAttributes(todo: string | null): ReadinessPart {
  return todo === null ? { ok: true } : { ok: false, detail: todo };
}
