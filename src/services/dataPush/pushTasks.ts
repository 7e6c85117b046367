import type { Knex } from 'knex';
import { type AppId, appExists } from '../../db/apps';
import { findRegistration, listPushTasks } from '../../db/registrations';
import { notFound } from '../errors';

/**
 * An app's registration with the lane ids of its push tasks; `topics` null: of all. Topics that are not subscribed have none.
 *
 * @returns null for an app that has none. @throws Refusal 404 for an app that is not there.
 */
export async function pushTasksOf(
  db: Knex,
  { app, topics }: { app: AppId; topics: readonly string[] | null },
): Promise<{ registrationId: string; laneIds: string[] } | null> {
  const registrationId = await findRegistration(db, app);
  if (registrationId === null) {
    if (!(await appExists(db, app))) throw notFound('app');
    return null;
  }
  const tasks = await listPushTasks(db, { registrationId, topics });
  return { registrationId, laneIds: tasks.map(({ laneId }) => laneId) };
}
