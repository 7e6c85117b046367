import { AsyncLocalStorage } from 'node:async_hooks';
import type { Share } from '../domain/fairness/fairQueue';

const shares = new AsyncLocalStorage<Share>();

/** The installation's own work. It takes turns with tenants like one of them: no tenant has an empty id. */
const OURS: Share = { tenantId: '', flow: '' };

/**
 * Whatever the work asks of PostgreSQL through shared connections counts for this tenant and flow.
 *
 * The share travels with the call rather than through every signature: a use case that forgot to hand it on would take
 * connections that count for nobody.
 */
export function asShare<T>(share: Share, work: () => T): T {
  return shares.run(share, work);
}

export function currentShare(): Share {
  return shares.getStore() ?? OURS;
}
