import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';

const activities = proxyActivities<Pick<Activities, 'retention'>>({
  startToCloseTimeout: '50 minutes',
  // The next round of the schedule is the retry.
  retry: { maximumAttempts: 1 },
  // Before whatever tenants have waiting in the task queue.
  priority: { priorityKey: 1 },
});

/** One round: drops the days that are past their retention. */
export async function retention(): Promise<void> {
  await activities.retention();
}
