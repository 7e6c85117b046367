import type { Knex } from 'knex';
import { type App, type AppId, findApp, insertApp, listApps, updateApp } from '../db/apps';
import { audit } from '../db/audit';
import { makeOnce } from '../db/makeOnce';
import { appRow, steerInTurn } from '../db/rowTurns';
import { violates } from '../db/violations';
import { requireOwnTenant, requireTenantOf } from './access';
import { auditedSettings } from './auditedSettings';
import { requireCallbackUrl } from './callbackCheck';
import type { Caller } from './caller';
import { Conflict, notFound } from './errors';
import { type Page, type PageRequest, readPage } from './page';
import { alignPortalSubscription } from './portal/portalSubscription';
import type { SubscriptionDeps } from './subscriptions/deps';

export interface AppChange {
  name?: string;
  callbackUrl?: string | null;
}

export interface Apps {
  /** @throws Refusal 400 for a callback that may not be called, 403 beyond the operator's tenant, 404, 409. */
  create(caller: Caller, app: Omit<App, 'createdAt'>): Promise<App>;
  /** @throws Refusal 400, 404. */
  change(caller: Caller, app: AppId, change: AppChange): Promise<App>;
  /** @throws Refusal 404. */
  read(caller: Caller, app: AppId): Promise<App>;
  list(caller: Caller, page: PageRequest<readonly [string, string]>): Promise<Page<App>>;
}

export function createApps(deps: SubscriptionDeps): Apps {
  const { db, steer, checkCallbackUrl, quotas } = deps;
  return {
    async create(caller, app) {
      requireOwnTenant(caller, app.tenantId);
      requireCallbackUrl(checkCallbackUrl, app.callbackUrl);
      return db.transaction((trx) =>
        makeOnce(trx, async () => {
          await quotas.require(trx, { of: 'appsPerTenant', tenantId: app.tenantId });
          const created = await insertApp(trx, app).catch((error) => {
            throw violates(error, 'apps_tenant_id_fkey') ? notFound('tenant') : error;
          });
          if (!created) throw new Conflict('already_exists', `app ${app.id} exists already`, 'id');
          const { tenantId, id, ...settings } = app;
          await auditApp(trx, { tenantId, appId: id }, settings);
          return created;
        }),
      );
    },
    async change(caller, app, change) {
      requireTenantOf(caller, app, 'app');
      requireCallbackUrl(checkCallbackUrl, change.callbackUrl);
      const changed = await steerInTurn({ db, steer }, [appRow(app, 'exclusive')], async (trx) => {
        const updated = await updateApp(trx, app, change);
        if (updated && change.callbackUrl !== undefined) await alignPortalSubscription(trx, deps, app);
        if (updated) await auditApp(trx, app, change);
        return updated;
      });
      if (!changed) throw notFound('app');
      if (change.callbackUrl === null) deps.commands.sweepCancellations();
      return changed;
    },
    async read(caller, id) {
      requireTenantOf(caller, id, 'app');
      const app = await findApp(db, id);
      if (!app) throw notFound('app');
      return app;
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

function auditApp(trx: Knex.Transaction, { tenantId, appId }: AppId, change: AppChange): Promise<void> {
  const record = { object: 'app', id: `${tenantId}/${appId}`, of: { tenantId } } as const;
  return audit(trx, { ...record, change: auditedSettings({ ...change }) });
}
