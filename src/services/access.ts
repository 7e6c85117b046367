import type { AppId } from '../db/apps';
import { type Caller, hasRole } from './caller';
import { notFound, Refusal } from './errors';

/** What concerns all tenants. @throws Refusal 403 for an operator of one tenant. */
export function requireInstallation(caller: Caller): void {
  if (caller.tenantId !== null) throw new Refusal(403, 'only an operator of the installation may do this');
}

/** What a path names. @throws Refusal 404, as for an unknown one, when it is another tenant's than the operator's. */
export function requireTenantOf(caller: Caller, { tenantId }: { tenantId: string }, what: string): void {
  if (caller.tenantId !== null && caller.tenantId !== tenantId) throw notFound(what);
}

/** What a body names. @throws Refusal 403 when it is another tenant than the operator's. */
export function requireOwnTenant(caller: Caller, tenantId: string): void {
  if (caller.tenantId !== null && caller.tenantId !== tenantId) {
    throw new Refusal(403, 'the key may not act for this tenant', 'tenantId');
  }
}

/**
 * The app that a caller acts for: a subscriber's own, an operator's as the body names it.
 *
 * @throws Refusal 403 for one it may not act for; 400 when an operator names none.
 */
export function actingApp(caller: Caller, named: Partial<AppId>): AppId {
  const operator = hasRole(caller, 'operator');
  // The key of a portal user stands for that user, not for the app that all of its users share.
  if (!operator && caller.subject !== null) throw new Refusal(403, "a portal user's key may not do this");
  const tenantId = named.tenantId ?? caller.tenantId;
  const appId = named.appId ?? caller.appId;
  if (caller.tenantId !== null && tenantId !== caller.tenantId) {
    throw new Refusal(403, 'the key may not act for this tenant', 'tenantId');
  }
  if (!operator && appId !== caller.appId) throw new Refusal(403, 'the key may not act for this app', 'appId');
  if (tenantId === null) throw new Refusal(400, 'tenantId is required with this key', 'tenantId');
  if (appId === null) throw new Refusal(400, 'appId is required with this key', 'appId');
  return { tenantId, appId };
}
