import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { MAINTENANCE_TASK_QUEUE } from '../src/contracts/ids';

const activities = proxyActivities<Pick<Activities, 'retention'>>({
  taskQueue: MAINTENANCE_TASK_QUEUE,
  startToCloseTimeout: '50 minutes',
  // The next round of the schedule is the retry.
  retry: { maximumAttempts: 1 },
});

/** One round, by hand or by the Schedule of the release before: drops the days that are past their retention. */
export async function retention(): Promise<void> {
  await activities.retention();
}
