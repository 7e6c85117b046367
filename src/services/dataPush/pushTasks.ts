import type { Knex } from 'knex';
import { type AppId, appExists } from '../../db/apps';
import { findRegistration, listPushTasks } from '../../db/registrations';
import { notFound } from '../errors';

/**
 * Lane ids of an app's push tasks; `topics` null: of all. Topics that are not subscribed have none.
 *
 * @throws Refusal 404 for an app that is not there.
 */
export async function pushTaskIds(
  db: Knex,
  { app, topics }: { app: AppId; topics: readonly string[] | null },
): Promise<string[]> {
  const registrationId = await findRegistration(db, app);
  if (registrationId === null) {
    if (!(await appExists(db, app))) throw notFound('app');
    return [];
  }
  return (await listPushTasks(db, { registrationId, topics })).map(({ laneId }) => laneId);
}
