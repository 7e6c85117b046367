import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';

const activities = proxyActivities<Pick<Activities, 'reconcile'>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 s',
  // The next round of the schedule is the retry.
  retry: { maximumAttempts: 1 },
});

/** One round: finds what nobody carries and gives it a carrier. */
export async function reconcile(): Promise<void> {
  await activities.reconcile();
}
