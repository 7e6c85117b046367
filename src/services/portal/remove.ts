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
  if (!(await steer((trx) => deletePortalSubscription(trx, { owner, uuid })))) throw notFound('subscription');
}
