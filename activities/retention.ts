import { cancellationSignal } from '@temporalio/activity';
import type { RetentionResult } from '../src/db/retention/retain';
import type { SafetyNets } from '../src/services/rounds/safetyNets';

/** One round of retention for who starts the workflow `retention`: an operator by hand, or the Schedule of the release before. */
export function createRetention({ safetyNets }: { safetyNets: SafetyNets }) {
  return async function retention(): Promise<RetentionResult> {
    return safetyNets.retention({ signal: cancellationSignal() });
  };
}
