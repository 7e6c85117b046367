import type { CmdbPlace } from '../../db/cmdb/registrations';
import type { Scope } from '../../domain/scope';
import { type Caller, hasRole } from '../caller';
import { Refusal } from '../errors';

/** A business as a path names it, and who calls. */
export interface CalledPlace {
  caller: Caller;
  /** The tenant. */
  account: string;
  bizId: number;
}

/** @throws Refusal 403 for a portal user's key, which stands for that user and not for the app of all its users. */
export function requireApp(caller: Caller): void {
  if (!hasRole(caller, 'operator') && caller.subject !== null)
    throw new Refusal(403, "a portal user's key may not do this");
}

/**
 * A subscriber sees what its app has in the business; an operator what all apps have.
 *
 * @throws Refusal 403 for an account that is not the caller's.
 */
export function placeOf({ caller, account, bizId }: CalledPlace): CmdbPlace & { scope: Scope } {
  requireApp(caller);
  const { tenantId, appId } = caller;
  if (tenantId !== null && tenantId !== account) {
    throw new Refusal(403, 'the key may not act for this account', 'bk_supplier_account');
  }
  const scope: Scope =
    hasRole(caller, 'operator') || appId === null
      ? { kind: 'tenant', tenantId: account }
      : { kind: 'app', tenantId: account, appId };
  return { tenantId: account, bizId, scope };
}
