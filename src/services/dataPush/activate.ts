import type { AppId } from '../../db/apps';
import { inTurn, subscriptionRow } from '../../db/rowTurns';
import { actingApp } from '../access';
import type { Caller } from '../caller';
import { requireKept } from '../requireKept';
import type { DataPushDeps } from './deps';
import { pushTasksOf } from './pushTasks';

export interface Activation {
  caller: Caller;
  /** What is not named is the key's own. */
  app: Partial<AppId>;
  /** Empty: all push tasks. */
  topicList: readonly string[];
  /** What was accepted since then goes out again too. */
  since?: Date;
}

/**
 * Push tasks that stand go on at once. Topics that are not subscribed are ignored.
 *
 * @throws Refusal 400 for an operator who names no app, and for a `since` before all that is kept; 403 for one that the caller may not act for; 404 for one that
 * is not there.
 */
export async function activate({ db, commands, retentionDays }: DataPushDeps, activation: Activation): Promise<void> {
  const { topicList, since } = activation;
  const app = actingApp(activation.caller, activation.app);
  if (since) requireKept(since, { retentionDays });
  const tasks = await pushTasksOf(db, { app, topics: topicList.length > 0 ? topicList : null });
  if (!tasks || tasks.laneIds.length === 0) return;
  const { registrationId, laneIds } = tasks;
  await inTurn(db, [subscriptionRow(registrationId)], () => commands.activateLanes(laneIds, { since }));
}
