import { type AppId, appExists, lockApp } from '../db/apps';
import { audit, type Change } from '../db/audit';
import { cancelWithdrawn } from '../db/cancellations';
import { countPendingOfGrant } from '../db/countPending';
import { deleteGrant, type Grant, insertGrant, listGrants } from '../db/grants';
import { makeOnce } from '../db/makeOnce';
import { appRow, steerInTurn, transactInTurn } from '../db/rowTurns';
import { deleteGrantSelectors, insertGrantSelectors } from '../db/selectors';
import { violates } from '../db/violations';
import { requireInstallation, requireTenantOf } from './access';
import type { Caller } from './caller';
import type { Commands } from './commands';
import { Conflict, notFound, Refusal } from './errors';
import { type Page, type PageRequest, readPage } from './page';
import type { SubscriptionDeps } from './subscriptions/deps';

/** A grant reaches over tenants, so operators of the installation make and withdraw it. */
export interface Grants {
  /**
   * From the commit on, every subscription of the app receives the granting tenant's events too.
   *
   * @throws Refusal 400 for the app's own tenant; 403; 404 for an unknown app or tenant; 409 when it is there.
   */
  create(caller: Caller, app: AppId, grantingTenantId: string): Promise<Grant>;
  /** @returns how many pending deliveries it cancels. @throws Refusal 403, 404. */
  withdraw(caller: Caller, app: AppId, grantingTenantId: string): Promise<{ cancelled: number }>;
  /** @throws Refusal 404. */
  list(caller: Caller, app: AppId, page: PageRequest): Promise<Page<Grant>>;
}

export function createGrants({
  db,
  steer,
  commands,
}: Pick<SubscriptionDeps, 'db' | 'steer'> & { commands: Pick<Commands, 'sweepCancellations'> }): Grants {
  return {
    async create(caller, app, grantingTenantId) {
      requireTenantOf(caller, app, 'app');
      requireInstallation(caller);
      if (grantingTenantId === app.tenantId)
        throw new Refusal(400, 'an app needs no grant of its own tenant', 'tenantId');
      return transactInTurn(db, [appRow(app, 'exclusive')], async (trx) => {
        if (!(await lockApp(trx, app, 'exclusive'))) throw notFound('app');
        return makeOnce(trx, async () => {
          const grant = await insertGrant(trx, app, grantingTenantId).catch((error) => {
            throw violates(error, 'app_grants_granting_tenant_id_fkey') ? notFound('tenant') : error;
          });
          if (!grant)
            throw new Conflict('already_exists', `tenant ${grantingTenantId} has granted this already`, 'tenantId');
          await insertGrantSelectors(trx, app, grantingTenantId);
          await audit(trx, grantRecord(app, grantingTenantId, 'made'));
          return grant;
        });
      });
    },
    async withdraw(caller, app, grantingTenantId) {
      requireTenantOf(caller, app, 'app');
      requireInstallation(caller);
      const cancelled = await countPendingOfGrant(db, app, grantingTenantId);
      await steerInTurn({ db, steer }, [appRow(app, 'exclusive')], async (trx) => {
        if (!(await lockApp(trx, app, 'exclusive'))) throw notFound('app');
        if (!(await deleteGrant(trx, app, grantingTenantId))) throw notFound('grant');
        await deleteGrantSelectors(trx, app, grantingTenantId);
        await cancelWithdrawn(trx, app, grantingTenantId);
        await audit(trx, grantRecord(app, grantingTenantId, 'withdrawn'));
      });
      commands.sweepCancellations();
      return { cancelled };
    },
    async list(caller, app, page) {
      requireTenantOf(caller, app, 'app');
      if (!(await appExists(db, app))) throw notFound('app');
      return readPage(
        page,
        (request) => listGrants(db, { ...app, ...request }),
        (grant) => grant.tenantId,
      );
    },
  };
}

function grantRecord({ tenantId, appId }: AppId, grantingTenantId: string, is: 'made' | 'withdrawn'): Change {
  return {
    object: 'grant',
    id: `${tenantId}/${appId}/${grantingTenantId}`,
    of: { tenantId: grantingTenantId },
    change: { is },
  };
}
