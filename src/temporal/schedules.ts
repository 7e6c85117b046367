import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { RECONCILE_ID, RETENTION_ID, TASK_QUEUE } from '../contracts/ids';

const SCHEDULES = [
  { id: RECONCILE_ID, workflowType: 'reconcile', every: '10 s' },
  { id: RETENTION_ID, workflowType: 'retention', every: '1 h' },
] as const;

/**
 * Makes sure that the Schedules stand. Workers call it every minute: a Temporal that lost its database gets them back.
 * What stands already is left as it is, also when an operator paused it.
 */
export async function ensureSchedules(client: Client): Promise<void> {
  for (const { id, workflowType, every } of SCHEDULES) {
    try {
      await client.withDeadline(Date.now() + 5000, () =>
        client.schedule.create({
          scheduleId: id,
          spec: { intervals: [{ every }] },
          policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: every },
          action: { type: 'startWorkflow', workflowType, workflowId: id, taskQueue: TASK_QUEUE, args: [] },
        }),
      );
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    }
  }
}
