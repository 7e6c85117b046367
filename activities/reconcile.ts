import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { ReconcileResult } from '../src/services/reconcile';
import type { SafetyNets } from '../src/services/rounds/safetyNets';

/**
 * One round of reconcile for who starts the workflow `reconcile`: an operator by hand, or the Schedule of the release before
 * while it still runs. It ends when Temporal has given it up: the next one must not find it still at work.
 */
export function createReconcile({ safetyNets }: { safetyNets: SafetyNets }) {
  return async function reconcile(): Promise<ReconcileResult> {
    return safetyNets.reconcile({ signal: cancellationSignal(), onProgress: heartbeat });
  };
}
