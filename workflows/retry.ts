import type { LocalActivityOptions } from '@temporalio/workflow';

/**
 * Local activities throw only for faults of ours (PostgreSQL, Temporal): repeated until they pass. Waits above the
 * threshold are timers of the server, so that a long fault does not keep a workflow task open.
 */
export const OUR_FAULTS_RETRY: LocalActivityOptions = {
  startToCloseTimeout: '30 s',
  localRetryThreshold: '3 s',
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '30 s' },
};
