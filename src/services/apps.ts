import type { Knex } from 'knex';
import { type App, type AppId, insertApp, listApps, updateApp } from '../db/apps';
import { violates } from '../db/violations';
import { requireOwnTenant, requireTenantOf } from './access';
import { type CallbackCheck, requireCallbackUrl } from './callbackCheck';
import type { Caller } from './caller';
import { notFound, Refusal } from './errors';
import { type Page, type PageRequest, readPage } from './page';

export interface AppChange {
  name?: string;
  callbackUrl?: string | null;
}

export interface Apps {
  /** @throws Refusal 400 for a callback that may not be called, 403 beyond the operator's tenant, 404, 409. */
  create(caller: Caller, app: Omit<App, 'createdAt'>): Promise<App>;
  /** @throws Refusal 400, 404. */
  change(caller: Caller, app: AppId, change: AppChange): Promise<App>;
  list(caller: Caller, page: PageRequest<readonly [string, string]>): Promise<Page<App>>;
}

export function createApps({ db, checkCallbackUrl }: { db: Knex; checkCallbackUrl: CallbackCheck }): Apps {
  return {
    async create(caller, app) {
      requireOwnTenant(caller, app.tenantId);
      requireCallbackUrl(checkCallbackUrl, app.callbackUrl);
      const created = await insertApp(db, app).catch((error) => {
        throw violates(error, 'apps_tenant_id_fkey') ? notFound('tenant') : error;
      });
      if (!created) throw new Refusal(409, `app ${app.id} exists already`, 'id');
      return created;
    },
    async change(caller, app, change) {
      requireTenantOf(caller, app, 'app');
      requireCallbackUrl(checkCallbackUrl, change.callbackUrl);
      const changed = await updateApp(db, app, change);
      if (!changed) throw notFound('app');
      return changed;
    },
    list({ tenantId }, page) {
      return readPage(
        page,
        (request) => listApps(db, { tenantId, ...request }),
        (app) => [app.tenantId, app.id] as const,
      );
    },
  };
}
