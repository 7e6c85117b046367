import type { Knex } from 'knex';
import { audit } from '../db/audit';
import { makeOnce } from '../db/makeOnce';
import { findTenant, insertTenant, listTenants, type Tenant } from '../db/tenants';
import { requireInstallation, requireTenantOf } from './access';
import type { Caller } from './caller';
import { Conflict, notFound } from './errors';
import { type Page, type PageRequest, readPage } from './page';

export interface Tenants {
  /** @throws Refusal 403 for an operator of one tenant; 409 for a taken id. */
  create(caller: Caller, tenant: { id: string; name: string }): Promise<Tenant>;
  /** @throws Refusal 404. */
  read(caller: Caller, id: string): Promise<Tenant>;
  list(caller: Caller, page: PageRequest): Promise<Page<Tenant>>;
}

export function createTenants(db: Knex): Tenants {
  return {
    async create(caller, tenant) {
      requireInstallation(caller);
      const { id, name } = tenant;
      return db.transaction((trx) =>
        makeOnce(trx, async () => {
          const created = await insertTenant(trx, tenant);
          if (!created) throw new Conflict('already_exists', `tenant ${id} exists already`, 'id');
          await audit(trx, { object: 'tenant', id, of: { tenantId: id }, change: { name } });
          return created;
        }),
      );
    },
    async read(caller, id) {
      requireTenantOf(caller, { tenantId: id }, 'tenant');
      const tenant = await findTenant(db, id);
      if (!tenant) throw notFound('tenant');
      return tenant;
    },
    list({ tenantId }, page) {
      return readPage(
        page,
        (request) => listTenants(db, { tenantId, ...request }),
        (tenant) => tenant.id,
      );
    },
  };
}
