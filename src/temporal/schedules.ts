import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import { RECONCILE_ID, RETENTION_ID } from '../contracts/ids';

const CALL_TIMEOUT_MS = 5000;

/**
 * Deletes the Schedules by which releases up to 0.1.0 made their rounds: each start of one costs, and a round beside ours finds
 * nothing. While a process of such a release still runs it makes them again, so this is called again and again; it can go
 * when no installation is upgraded from there any more.
 */
export async function deleteOldSchedules(client: Client): Promise<void> {
  for (const id of [RECONCILE_ID, RETENTION_ID]) {
    try {
      await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => client.schedule.getHandle(id).delete());
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    }
  }
}
