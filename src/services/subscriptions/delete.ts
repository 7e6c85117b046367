import { lockApp } from '../../db/apps';
import { cancelAll } from '../../db/cancellations';
import { deleteSelectors } from '../../db/selectors';
import { markSubscriptionDeleted, type Subscription } from '../../db/subscriptions';
import { notFound } from '../errors';
import type { SubscriptionDeps } from './deps';
import { requireNative } from './native';

/**
 * It matches nothing any more and is not there any more; its deliveries can still be read.
 *
 * @returns how many pending deliveries it cancels. @throws Refusal 404 when somebody else was faster; 409 for one of
 * another interface.
 */
export async function deleteSubscription(
  deps: SubscriptionDeps,
  subscription: Subscription,
): Promise<{ cancelled: number }> {
  requireNative(subscription);
  const { id } = subscription;
  const cancelled = await deps.db.transaction(async (trx) => {
    await lockApp(trx, subscription, 'share');
    if (!(await markSubscriptionDeleted(trx, id))) throw notFound('subscription');
    await deleteSelectors(trx, id);
    return cancelAll(trx, [{ subscriptionId: id, reason: 'subscription_deleted' }]);
  });
  // It only saves time: whatever it does not get to, reconcile repeats.
  deps.commands.sweepCancellations().catch(() => undefined);
  return { cancelled };
}
