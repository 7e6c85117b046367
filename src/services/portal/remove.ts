import { audit } from '../../db/audit';
import { deletePortalSubscription } from '../../db/portal/portalSubscriptions';
import { notFound } from '../errors';
import type { SubscriptionDeps } from '../subscriptions/deps';
import { ownerOf } from './owner';
import type { PortalCallOf } from './read';

/** What was accepted and is not delivered yet leaves the user out too. @throws Refusal 404 also for somebody else's. */
export async function remove(
  { steer }: Pick<SubscriptionDeps, 'steer'>,
  { uuid, ...call }: PortalCallOf,
): Promise<void> {
  const owner = ownerOf(call, 'write');
  await steer(async (trx) => {
    if (!(await deletePortalSubscription(trx, { owner, uuid }))) throw notFound('subscription');
    await audit(trx, { object: 'portal_subscription', id: uuid, of: owner, change: { is: 'deleted' } });
  });
}
