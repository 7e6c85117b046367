import type { Knex } from 'knex';
import { lockApp } from '../db/apps';
import { audit } from '../db/audit';
import { type Key, listKeys } from '../db/keys';
import { readPortalApp } from '../db/portal/portalApps';
import { appRow, steerInTurn } from '../db/rowTurns';
import type { Caller } from './caller';
import { type CreateKeyInput, checkNewKey, createKey } from './keys/createKey';
import { revokeKey } from './keys/revokeKey';
import { type Page, type PageRequest, readPage } from './page';
import { alignPortalSubscription } from './portal/portalSubscription';
import type { SubscriptionDeps } from './subscriptions/deps';

/** What operators do with keys; one of a tenant does it inside that tenant. */
export interface KeyAdmin {
  create(input: CreateKeyInput): Promise<{ id: string; key: string }>;
  revoke(input: { caller: Caller; id: string }): Promise<void>;
  list(caller: Caller, page: PageRequest): Promise<Page<Key>>;
}

async function make(trx: Knex.Transaction, input: CreateKeyInput): Promise<{ id: string; key: string }> {
  const made = await createKey(trx, input);
  const { tenantId = null, appId, roles, subject } = input;
  const change = { is: 'made', roles, appId, isPortalUser: subject ? true : undefined };
  await audit(trx, { object: 'key', id: made.id, of: { tenantId }, change });
  return made;
}

export function createKeyAdmin(deps: SubscriptionDeps): KeyAdmin {
  const { db, steer } = deps;
  return {
    async create(input) {
      const { tenantId, appId, subject } = input;
      if (!tenantId || !appId || !subject) return db.transaction((trx) => make(trx, input));
      // Before the app is locked: it must be one that the caller may make keys for.
      checkNewKey(input);
      const app = { tenantId, appId };
      // Users of one app get their keys side by side, but for the first.
      if ((await readPortalApp(db, app))?.subscription) return db.transaction((trx) => make(trx, input));
      return steerInTurn({ db, steer }, [appRow(app, 'exclusive')], async (trx) => {
        // First: the key's row holds the app too, and two who did so would wait for each other. An unknown app is refused below.
        await lockApp(trx, app, 'exclusive');
        const key = await make(trx, input);
        await alignPortalSubscription(trx, deps, app);
        return key;
      });
    },
    revoke: (input) => revokeKey(steer, input),
    list: ({ tenantId }, page) =>
      readPage(
        page,
        (request) => listKeys(db, { tenantId, ...request }),
        (key) => key.id,
      ),
  };
}
