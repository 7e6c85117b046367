import type { Knex } from 'knex';

export interface Tenant {
  id: string;
  name: string;
  createdAt: Date;
}

interface TenantRow {
  id: string;
  name: string;
  created_at: Date;
}

function toTenant({ id, name, created_at }: TenantRow): Tenant {
  return { id, name, createdAt: created_at };
}

/** null when the id is taken. */
export async function insertTenant(db: Knex, { id, name }: { id: string; name: string }): Promise<Tenant | null> {
  const [row] = await db<TenantRow>('tenants').insert({ id, name }).onConflict('id').ignore().returning('*');
  return row ? toTenant(row) : null;
}

export async function findTenant(db: Knex, id: string): Promise<Tenant | null> {
  const row = await db<TenantRow>('tenants').where({ id }).first();
  return row ? toTenant(row) : null;
}

export interface TenantQuery {
  /** null: all. */
  tenantId: string | null;
  after: string | null;
  limit: number;
}

/** Ascending by id. */
export async function listTenants(db: Knex, { tenantId, after, limit }: TenantQuery): Promise<Tenant[]> {
  const rows = await db<TenantRow>('tenants')
    .modify((query) => tenantId !== null && query.where({ id: tenantId }))
    .modify((query) => after !== null && query.where('id', '>', after))
    .orderBy('id')
    .limit(limit);
  return rows.map(toTenant);
}
