import { type Client, ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { RECONCILE_ID, RETENTION_ID, TASK_QUEUE } from '../contracts/ids';

const SCHEDULES = [
  { id: RECONCILE_ID, workflowType: 'reconcile', every: '10 s' },
  { id: RETENTION_ID, workflowType: 'retention', every: '1 h' },
] as const;

const CALL_TIMEOUT_MS = 5000;

/**
 * Makes sure that the Schedules exist. Workers call it every minute: a Temporal that lost its database gets them back.
 * One that exists is left as it is, also when an operator paused it; /readyz says so.
 */
export async function ensureSchedules(client: Client): Promise<void> {
  for (const { id, workflowType, every } of SCHEDULES) {
    try {
      await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
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

/** Ids of the Schedules that somebody paused. One that is missing is none of them: a worker makes it again within a minute. */
export async function findPausedSchedules(client: Client): Promise<string[]> {
  const paused = await Promise.all(
    SCHEDULES.map(async ({ id }) => {
      try {
        const { state } = await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
          client.schedule.getHandle(id).describe(),
        );
        return state.paused ? [id] : [];
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return [];
        throw error;
      }
    }),
  );
  return paused.flat();
}
