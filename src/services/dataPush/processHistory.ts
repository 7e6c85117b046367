import type { AppId } from '../../db/apps';
import { inTurn, subscriptionRow } from '../../db/rowTurns';
import { actingApp } from '../access';
import type { Caller } from '../caller';
import type { DataPushDeps } from './deps';
import { pushTasksOf } from './pushTasks';

export interface ProcessedHistory {
  caller: Caller;
  app: AppId;
  topicList: readonly string[];
}

/**
 * What is held of these topics goes out. Those that are not subscribed, or are processed already, stay as they are.
 *
 * @throws Refusal 403 for an app that the caller may not act for; 404 for one that is not there.
 */
export async function processHistory({ db, commands }: DataPushDeps, processed: ProcessedHistory): Promise<void> {
  const app = actingApp(processed.caller, processed.app);
  const tasks = await pushTasksOf(db, { app, topics: processed.topicList });
  if (!tasks || tasks.laneIds.length === 0) return;
  const { registrationId, laneIds } = tasks;
  await inTurn(db, [subscriptionRow(registrationId)], () => commands.processHistory(laneIds));
}
