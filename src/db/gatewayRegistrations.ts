import type { Knex } from 'knex';
import { isUuid } from '../contracts/ids';
import { type GatewayFormat, gatewayFormatOf } from '../domain/gatewayFormat';
import type { AppId } from './apps';
import type { Subscription } from './subscriptions';

/** An app's registration at the gateway: the subscription of one tag. */
export interface GatewayRegistration {
  id: string;
  eventTag: string;
  callbackUrl: string;
  /** The one in which the receiver acknowledged the verification. */
  format: GatewayFormat;
  createdAt: Date;
}

interface RegistrationRow {
  id: string;
  event_tag: string;
  callback_url: string;
  interface_data: Record<string, unknown>;
  created_at: Date;
}

export function toRegistration(
  { id, topics, callbackUrl, createdAt }: Subscription,
  format: GatewayFormat,
): GatewayRegistration {
  return { id, eventTag: topics[0] ?? '', callbackUrl, format, createdAt };
}

function registrations(db: Knex, { tenantId, appId }: AppId) {
  return db('subscriptions')
    .where({ tenant_id: tenantId, app_id: appId, interface: 'gateway' })
    .whereNot({ state: 'deleted' })
    .select<RegistrationRow[]>('id', db.raw('topics[1] AS event_tag'), 'callback_url', 'interface_data', 'created_at');
}

function fromRow(row: RegistrationRow): GatewayRegistration {
  return {
    id: row.id,
    eventTag: row.event_tag,
    callbackUrl: row.callback_url,
    format: gatewayFormatOf(row.interface_data),
    createdAt: row.created_at,
  };
}

/** All that live, oldest first. */
export async function listGatewayRegistrations(db: Knex, app: AppId): Promise<GatewayRegistration[]> {
  return (await registrations(db, app).orderBy(['created_at', 'id'])).map(fromRow);
}

/** null for one that is not there, not the app's, or not of the gateway. */
export async function findGatewayRegistration(db: Knex, app: AppId, id: string): Promise<GatewayRegistration | null> {
  if (!isUuid(id)) return null;
  const [row] = await registrations(db, app).where({ id });
  return row ? fromRow(row) : null;
}
