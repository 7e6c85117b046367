import type { Database } from '../db/database';
import { readMaintenance } from '../db/maintenance';
import { askedTogether } from '../services/askedTogether';
import type { Metrics } from '../services/metrics';

/** One scrape asks for both. */
const KNOWN_FOR_MS = 1000;

/** How long ago the safety nets did their work: what an operator is alarmed by. */
export function watchMaintenance(metrics: Metrics, db: Database): void {
  const status = askedTogether(() => readMaintenance(db.reserved), { keepMs: KNOWN_FOR_MS });
  metrics.watch({
    name: 'postrider_reconcile_last_success_seconds',
    help: 'Seconds since a round of reconcile succeeded, in whichever process; +Inf when that is not known.',
    ask: async () => (await status()).reconcileAgeS,
  });
  metrics.watch({
    name: 'postrider_retention_last_success_seconds',
    help: 'Seconds since a round of retention succeeded, in whichever process; +Inf when that is not known.',
    ask: async () => (await status()).retentionAgeS,
  });
}
