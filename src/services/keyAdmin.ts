import type { Knex } from 'knex';
import { lockApp } from '../db/apps';
import { audit } from '../db/audit';
import { findKey, type Key, listKeys } from '../db/keys';
import { makeOnce } from '../db/makeOnce';
import { readPortalApp } from '../db/portal/portalApps';
import { appRow, steerInTurn } from '../db/rowTurns';
import type { Caller } from './caller';
import { notFound } from './errors';
import { type CreateKeyInput, checkNewKey, createKey } from './keys/createKey';
import { revokeKey } from './keys/revokeKey';
import { type Page, type PageRequest, readPage } from './page';
import { alignPortalSubscription } from './portal/portalSubscription';
import type { SubscriptionDeps } from './subscriptions/deps';

/** What operators do with keys; one of a tenant does it inside that tenant. */
export interface KeyAdmin {
  /** @throws what createKey throws; QuotaExceeded. */
  create(input: CreateKeyInput): Promise<{ id: string; key: string }>;
  revoke(input: { caller: Caller; id: string }): Promise<void>;
  /** @throws Refusal 404. */
  read(caller: Caller, id: string): Promise<Key>;
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
  const { db, steer, quotas } = deps;
  return {
    async create(input) {
      const { tenantId, appId, subject } = input;
      // Before anything is counted or locked: it must be a key that the caller may make.
      checkNewKey(input);
      if (!tenantId || !appId || !subject) {
        return db.transaction((trx) =>
          makeOnce(trx, async () => {
            if (tenantId && !subject) await quotas.require(trx, { of: 'keysPerTenant', tenantId });
            return make(trx, input);
          }),
        );
      }
      const app = { tenantId, appId };
      const createOfUser = async (trx: Knex.Transaction) => {
        await quotas.require(trx, { of: 'userKeysPerApp', ...app });
        return make(trx, input);
      };
      // Users of one app get their keys side by side, but for the first.
      if ((await readPortalApp(db, app))?.subscription) {
        return db.transaction((trx) => makeOnce(trx, () => createOfUser(trx)));
      }
      return steerInTurn({ db, steer }, [appRow(app, 'exclusive')], async (trx) => {
        // First: the key's row holds the app too, and two who did so would wait for each other. An unknown app is refused below.
        await lockApp(trx, app, 'exclusive');
        return makeOnce(trx, async () => {
          const key = await createOfUser(trx);
          await alignPortalSubscription(trx, deps, app);
          return key;
        });
      });
    },
    revoke: (input) => revokeKey(steer, input),
    async read({ tenantId }, id) {
      const found = await findKey(db, id);
      if (!found || (tenantId !== null && tenantId !== found.tenantId)) throw notFound('key');
      const { secretHash: _hash, ...key } = found;
      return key;
    },
    list: ({ tenantId }, page) =>
      readPage(
        page,
        (request) => listKeys(db, { tenantId, ...request }),
        (key) => key.id,
      ),
  };
}
