import type { Knex } from 'knex';
import type { AppId } from './apps';
import { recordSteering, type SteeringTransaction } from './steerings';

/** The app may receive what the producers of `tenantId` publish. */
export interface Grant {
  /** The granting tenant. */
  tenantId: string;
  createdAt: Date;
}

interface GrantRow {
  tenant_id: string;
  app_id: string;
  granting_tenant_id: string;
  created_at: Date;
}

function toGrant(row: GrantRow): Grant {
  return { tenantId: row.granting_tenant_id, createdAt: row.created_at };
}

/**
 * null when it is there already.
 *
 * @throws the foreign key's violation when there is no such granting tenant.
 */
export async function insertGrant(db: Knex, app: AppId, grantingTenantId: string): Promise<Grant | null> {
  const [row] = await db<GrantRow>('app_grants')
    .insert({ tenant_id: app.tenantId, app_id: app.appId, granting_tenant_id: grantingTenantId })
    .onConflict(['tenant_id', 'app_id', 'granting_tenant_id'])
    .ignore()
    .returning('*');
  return row ? toGrant(row) : null;
}

/** @returns whether there was one. */
export async function deleteGrant(trx: SteeringTransaction, app: AppId, grantingTenantId: string): Promise<boolean> {
  recordSteering(trx, { tenantId: app.tenantId, appId: app.appId });
  const row = { tenant_id: app.tenantId, app_id: app.appId, granting_tenant_id: grantingTenantId };
  return (await trx<GrantRow>('app_grants').where(row).delete()) > 0;
}

/** The tenants that an app receives events of: its own, and those that granted it. */
export async function sourceTenantsOf(db: Knex, app: AppId): Promise<string[]> {
  const rows = await db<GrantRow>('app_grants')
    .where({ tenant_id: app.tenantId, app_id: app.appId })
    .select('granting_tenant_id');
  return [app.tenantId, ...rows.map((row) => row.granting_tenant_id)];
}

/** Ascending by the granting tenant. */
export async function listGrants(
  db: Knex,
  { tenantId, appId, after, limit }: AppId & { after: string | null; limit: number },
): Promise<Grant[]> {
  const rows = await db<GrantRow>('app_grants')
    .where({ tenant_id: tenantId, app_id: appId })
    .modify((query) => after !== null && query.where('granting_tenant_id', '>', after))
    .orderBy('granting_tenant_id')
    .limit(limit);
  return rows.map(toGrant);
}
