import type { Knex } from 'knex';
import { type Counted, countUpTo, lockCount } from '../db/quotas';
import { LruMap } from '../domain/lruMap';
import type { QuotaLimits } from '../domain/quotaLimits';
import { QuotaExceeded } from './errors';

const WORDS: Record<keyof QuotaLimits, string> = {
  subscriptionsPerApp: 'an app has at most %d subscriptions (MAX_SUBSCRIPTIONS_PER_APP)',
  appsPerTenant: 'a tenant has at most %d apps (MAX_APPS_PER_TENANT)',
  keysPerTenant: 'a tenant has at most %d keys that are not revoked (MAX_KEYS_PER_TENANT)',
  userKeysPerApp: 'an app has at most %d keys of portal users that are not revoked (MAX_USER_KEYS_PER_APP)',
  portalSubscriptionsPerUser:
    'a portal user, and the defaults of a tenant, have at most %d subscriptions (MAX_PORTAL_SUBSCRIPTIONS_PER_USER)',
  repeatableCallsPerApp:
    'an app has at most %d calls with an Idempotency-Key in 24 hours (MAX_REPEATABLE_CALLS_PER_APP)',
};

/** After a count, a tenth of what is left is given out without another count. */
const UNCOUNTED_SHARE = 0.1;
const MAX_REMEMBERED = 10_000;

export interface Quotas {
  /**
   * Called in the transaction that adds one, before it does.
   *
   * Counting takes longer the more there are (2 ms for 10,000), so most calls do not count. Those that do come one after
   * another, whichever process makes them, and at the limit each counts; together the processes can exceed a limit by a
   * tenth each at most.
   *
   * @throws QuotaExceeded
   */
  require(trx: Knex.Transaction, counted: Counted): Promise<void>;
}

export function createQuotas(limits: QuotaLimits): Quotas {
  /** How many more may be added before the next count. */
  const uncounted = new LruMap<string, number>(MAX_REMEMBERED);

  return {
    async require(trx, counted) {
      const { of: quota, ...owner } = counted;
      const name = JSON.stringify([quota, owner]);
      const left = uncounted.get(name) ?? 0;
      if (left > 0) {
        uncounted.set(name, left - 1);
        return;
      }
      const limit = limits[quota];
      await lockCount(trx, name);
      const used = await countUpTo(trx, counted, limit);
      if (used >= limit) throw new QuotaExceeded((WORDS[quota] ?? '').replace('%d', String(limit)));
      uncounted.set(name, Math.floor((limit - used - 1) * UNCOUNTED_SHARE));
    },
  };
}
