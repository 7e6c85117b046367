import { audit } from '../../db/audit';
import { type PortalSubscription, updatePortalSubscription } from '../../db/portal/portalSubscriptions';
import { notFound } from '../errors';
import type { SubscriptionDeps } from '../subscriptions/deps';
import type { Addition } from './add';
import { ownerOf } from './owner';
import { type PortalCallOf, read } from './read';
import { resolveTargetType } from './targetType';

export type Change = PortalCallOf &
  Partial<Pick<Addition, 'action' | 'targetId' | 'title' | 'status' | 'enable'>> & {
    targetType: Addition['targetType'];
  };

/**
 * What is undefined stays.
 *
 * @throws Refusal 400 for an unknown target type; 404 also for somebody else's; what ownerOf throws.
 */
export async function change(
  { db, steer }: Pick<SubscriptionDeps, 'db' | 'steer'>,
  { targetType, enable, ...call }: Change,
): Promise<PortalSubscription> {
  const { caller, bundle, tenantId, uuid, ...settings } = call;
  const owner = ownerOf({ caller, bundle, tenantId }, 'write');
  const term = await resolveTargetType(db, targetType);
  const changed = { ...settings, targetType: term?.number, enable: owner.user ? undefined : enable };
  await steer(async (trx) => {
    const { action, status, targetType: number } = changed;
    const change = { action, status, enable: changed.enable, targetType: number };
    if (!(await updatePortalSubscription(trx, { owner, uuid }, changed))) throw notFound('subscription');
    await audit(trx, { object: 'portal_subscription', id: uuid, of: owner, change });
  });
  return read(db, { caller, bundle, tenantId, uuid });
}
