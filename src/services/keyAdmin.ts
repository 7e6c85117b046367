import { lockApp } from '../db/apps';
import { type Key, listKeys } from '../db/keys';
import { readPortalApp } from '../db/portal/portalApps';
import type { Caller } from './caller';
import { type CreateKeyInput, createKey } from './keys/createKey';
import { revokeKey } from './keys/revokeKey';
import { type Page, type PageRequest, readPage } from './page';
import { alignPortalSubscription } from './portal/portalSubscription';
import type { SubscriptionDeps } from './subscriptions/deps';

/** What operators do with keys; one of a tenant does it inside that tenant. */
export interface KeyAdmin {
  /** @throws what createKey throws; QuotaExceeded. */
  create(input: CreateKeyInput): Promise<{ id: string; key: string }>;
  revoke(input: { caller: Caller; id: string }): Promise<void>;
  list(caller: Caller, page: PageRequest): Promise<Page<Key>>;
}

export function createKeyAdmin(deps: SubscriptionDeps): KeyAdmin {
  const { db, steer, quotas } = deps;
  return {
    create: (input) =>
      steer([], async (trx) => {
        const { tenantId, appId, subject } = input;
        if (tenantId && !subject) await quotas.require(trx, { of: 'keysPerTenant', tenantId });
        if (!tenantId || !appId || !subject) return createKey(trx, input);
        await quotas.require(trx, { of: 'userKeysPerApp', tenantId, appId });
        // Users of one app get their keys side by side, but for the first.
        if ((await readPortalApp(trx, { tenantId, appId }))?.subscription) return createKey(trx, input);
        // First: the key's row holds the app too, and two who did so would wait for each other. An unknown app is refused below.
        await lockApp(trx, { tenantId, appId }, 'exclusive');
        const key = await createKey(trx, input);
        await alignPortalSubscription(trx, deps, { tenantId, appId });
        return key;
      }),
    revoke: (input) => revokeKey(steer, input),
    list: ({ tenantId }, page) =>
      readPage(
        page,
        (request) => listKeys(db, { tenantId, ...request }),
        (key) => key.id,
      ),
  };
}
