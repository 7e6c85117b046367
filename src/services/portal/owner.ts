import type { PortalOwner } from '../../db/portal/portalSubscriptions';
import { requireOwnTenant } from '../access';
import { type Caller, hasRole } from '../caller';
import { Refusal } from '../errors';

/** What portal subscriptions there are: users' own, and the tenant's defaults. */
export const PORTAL_BUNDLES = ['subscription', 'system_subscription_list'] as const;
export type PortalBundle = (typeof PORTAL_BUNDLES)[number];

/** Of whose subscriptions a call is. */
export interface PortalCall {
  caller: Caller;
  bundle: PortalBundle;
  /** For operators who have none of their own. */
  tenantId?: string;
}

/**
 * Users see and change their own; defaults are their tenant's, and only operators change those.
 *
 * @throws Refusal 403 for what the caller may not do; 400 for an operator of no tenant who names none.
 */
export function ownerOf({ caller, bundle, tenantId: named }: PortalCall, to: 'read' | 'write'): PortalOwner {
  const { appId, subject } = caller;
  if (named !== undefined) requireOwnTenant(caller, named);
  const tenantId = named ?? caller.tenantId;
  const user = appId !== null && subject !== null ? { appId, subject } : null;
  if (bundle === 'subscription') {
    if (user === null || tenantId === null) throw new Refusal(403, "only a portal user's key may do this");
    return { tenantId, user };
  }
  const isOperator = hasRole(caller, 'operator');
  if (to === 'write' && !isOperator) throw new Refusal(403, 'only operators change the default subscriptions');
  if (!isOperator && user === null) throw new Refusal(403, "only operators and portal users' keys may do this");
  if (tenantId === null) throw new Refusal(400, 'is required with this key', 'tenantId');
  return { tenantId, user: null };
}
