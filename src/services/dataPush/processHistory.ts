import type { AppId } from '../../db/apps';
import { actingApp } from '../access';
import type { Caller } from '../caller';
import type { DataPushDeps } from './deps';
import { pushTaskIds } from './pushTasks';

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
  const laneIds = await pushTaskIds(db, { app, topics: processed.topicList });
  if (laneIds.length > 0) await commands.processHistory(laneIds);
}
