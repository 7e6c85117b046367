import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { type ReconcileOptions, type ReconcileResult, reconcile as reconcileRound } from '../src/services/reconcile';

export type ReconcileDeps = Omit<ReconcileOptions, 'onProgress' | 'signal' | 'onFault'> & {
  onReconcileFault: ReconcileOptions['onFault'];
};

/** One round of reconcile. It ends when Temporal has given it up: the next one must not find it still at work. */
export function createReconcile({ db, workflows, lanes, target, onReconcileFault: onFault }: ReconcileDeps) {
  return async function reconcile(): Promise<ReconcileResult> {
    const signal = cancellationSignal();
    return reconcileRound({ db, workflows, lanes, target, onFault, signal, onProgress: heartbeat });
  };
}
