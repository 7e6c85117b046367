import { heartbeat } from '@temporalio/activity';
import type { ReconcileOptions, ReconcileResult } from '../src/services/reconcile';
import { reconcile as reconcileRound } from '../src/services/reconcile';

export type ReconcileDeps = Omit<ReconcileOptions, 'onProgress'>;

/** One round of reconcile. */
export function createReconcile({ db, workflows, lanes, target }: ReconcileDeps) {
  return async function reconcile(): Promise<ReconcileResult> {
    return reconcileRound({ db, workflows, lanes, target, onProgress: heartbeat });
  };
}
