import { randomUUID } from 'node:crypto';
import type { Database } from '../db/database';
import type { MaintenanceName } from '../db/maintenance';
import { createRoundLease } from '../db/roundLeases';
import type { Metrics } from '../services/metrics';
import { createRoundReport } from '../services/rounds/roundReport';
import { type Round, Rounds } from '../services/rounds/rounds';
import type { SafetyNets } from '../services/rounds/safetyNets';
import type { Parts } from './parts';

/** Far longer than any statement or call of a round may take. */
const SILENT_AFTER_MS = 30_000;
/** Of retention, which drops whole days and says nothing meanwhile. */
const RETENTION_SILENT_AFTER_MS = 50 * 60_000;

const EVERY_MS: Record<MaintenanceName, number> = { reconcile: 10_000, retention: 3_600_000 };

export interface StartRoundsOptions extends Parts {
  db: Database;
  safetyNets: SafetyNets;
  metrics: Metrics;
}

/** Rounds of the safety nets, in one process of all that run them. They need PostgreSQL, and Temporal only for what they find. */
export function startRounds({ db, safetyNets, metrics, log, stopper }: StartRoundsOptions): void {
  const processId = randomUUID();
  const make = (name: MaintenanceName, silentAfterMs: number, work: (round: Round) => Promise<object>) => {
    const everyMs = EVERY_MS[name];
    const report = createRoundReport({ name, metrics, log });
    const rounds = new Rounds({
      everyMs,
      silentAfterMs,
      lease: createRoundLease(db.reserved, { name, processId, everyMs }),
      run: (round) => report.watch(() => work(round)),
      onFault: report.fault,
    });
    rounds.start();
    stopper.add(`rounds of ${name}`, () => rounds.stop());
  };
  make('reconcile', SILENT_AFTER_MS, safetyNets.reconcile);
  make('retention', RETENTION_SILENT_AFTER_MS, safetyNets.retention);
}
