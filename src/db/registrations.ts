import type { Knex } from 'knex';
import type { LaneState } from '../contracts/states';
import type { AppId } from './apps';

interface RegistrationRow {
  tenant_id: string;
  app_id: string;
  number: string;
}

/** The app's number, one for ever. Who calls has locked the app: a number that is lost to a race would be a second one. */
export async function numberOfApp(trx: Knex.Transaction, { tenantId, appId }: AppId): Promise<number> {
  const app = { tenant_id: tenantId, app_id: appId };
  const known = await trx<RegistrationRow>('app_registrations').where(app).first('number');
  if (known) return Number(known.number);
  const [made] = await trx<RegistrationRow>('app_registrations').insert(app).returning('number');
  return Number((made as RegistrationRow).number);
}

/** Id of the one subscription that is the app's registration. */
export async function findRegistration(db: Knex, { tenantId, appId }: AppId): Promise<string | null> {
  const row = await db('subscriptions')
    .where({ tenant_id: tenantId, app_id: appId, interface: 'data-push' })
    .whereNot({ state: 'deleted' })
    .first<{ id: string }>('id');
  return row?.id ?? null;
}

/** The ordered lane of one topic of a registration. */
export interface PushTask {
  laneId: string;
  topic: string;
  isHistoryProcessed: boolean;
}

/** In no order. `topics` null: of every topic; those that are not subscribed have none. */
export async function listPushTasks(
  db: Knex,
  { registrationId, topics = null }: { registrationId: string; topics?: readonly string[] | null },
): Promise<PushTask[]> {
  const rows = await db('lanes')
    .where({ subscription_id: registrationId })
    .modify((query) => topics !== null && query.whereIn('topic', topics))
    .select<{ id: string; topic: string; state: LaneState; resume_state: LaneState | null }[]>(
      'id',
      'topic',
      'state',
      'resume_state',
    );
  return rows.map((row) => ({
    laneId: row.id,
    topic: row.topic,
    isHistoryProcessed: row.state !== 'awaiting_history' && row.resume_state !== 'awaiting_history',
  }));
}
