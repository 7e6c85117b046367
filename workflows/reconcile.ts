import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { MAINTENANCE_TASK_QUEUE } from '../src/contracts/ids';

// The next round of the schedule is the retry.
const retry = { maximumAttempts: 1 };
const { isAnythingOverdue } = proxyLocalActivities<Pick<Activities, 'isAnythingOverdue'>>({
  startToCloseTimeout: '10 s',
  retry,
});
const activities = proxyActivities<Pick<Activities, 'reconcile'>>({
  taskQueue: MAINTENANCE_TASK_QUEUE,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 s',
  retry,
});

/** One round, by hand or by the Schedule of the release before: finds what nobody carries and gives it a carrier. A round that finds nothing is one workflow task. */
export async function reconcile(): Promise<void> {
  if (await isAnythingOverdue()) await activities.reconcile();
}
