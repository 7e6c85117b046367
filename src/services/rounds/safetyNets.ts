import { isAnythingOverdue } from '../../db/carrying/overdue';
import { asShare } from '../../db/connectionShare';
import type { Database } from '../../db/database';
import { type MaintenanceName, recordSuccess } from '../../db/maintenance';
import type { RetentionResult } from '../../db/retention/retain';
import { type ReconcileOptions, type ReconcileResult, reconcile } from '../reconcile';
import { retentionRound } from './retentionRound';
import type { Round } from './rounds';

export interface SafetyNetsOptions extends Pick<ReconcileOptions, 'db' | 'workflows' | 'lanes' | 'target' | 'onFault'> {
  retentionDays: number;
}

const NOTHING: ReconcileResult = { postponed: 0, takenOver: 0, lanesWoken: 0 };

/** One round of each, on connections that no tenant can take; none of them takes all from the others. */
export function createSafetyNets({ db, retentionDays, ...options }: SafetyNetsOptions) {
  const reserved: Database = { ...db, knex: db.reserved };
  const asSafetyNet = <T>(name: MaintenanceName, work: () => Promise<T>) => asShare({ tenantId: name, flow: '' }, work);
  return {
    /** Hardly ever is there anything to do; a round that only looks has succeeded too. */
    reconcile: (round: Round): Promise<ReconcileResult> =>
      asSafetyNet('reconcile', async () => {
        if (await isAnythingOverdue(reserved)) return reconcile({ db: reserved, ...options, ...round });
        await recordSuccess(reserved, 'reconcile');
        return NOTHING;
      }),
    retention: ({ signal }: Pick<Round, 'signal'>): Promise<RetentionResult> =>
      asSafetyNet('retention', () => retentionRound(reserved, { retentionDays, signal })),
  };
}

export type SafetyNets = ReturnType<typeof createSafetyNets>;
