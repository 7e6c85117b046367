import { lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { countPendingOf } from '../../db/countPending';
import { appRow, steerInTurn, subscriptionRow } from '../../db/rowTurns';
import { lockLanesOf } from '../../db/subscriptionLanes';
import { lockSubscription, type Subscription } from '../../db/subscriptions';
import type { Precondition, SubscriptionDeps } from './deps';
import { requireNative } from './native';
import { writeDeletion } from './writes';

/**
 * It matches nothing any more and is not there any more; its deliveries can still be read.
 *
 * @returns how many pending deliveries it cancels. @throws Refusal 404 when somebody else was faster; 409 for one of
 * another interface.
 */
export async function deleteSubscription(
  deps: SubscriptionDeps,
  subscription: Subscription,
  requires?: Precondition,
): Promise<{ cancelled: number }> {
  requireNative(subscription);
  const cancelled = await countPendingOf(deps.db, subscription.id);
  await steerInTurn(deps, [appRow(subscription, 'share'), subscriptionRow(subscription.id)], async (trx) => {
    await lockApp(trx, subscription, 'share');
    const { id, tenantId } = subscription;
    if (requires) {
      await lockLanesOf(trx, id);
      const current = await lockSubscription(trx, id);
      if (current) requires(current);
    }
    await audit(trx, { object: 'subscription', id, of: { tenantId }, change: { is: 'deleted' } });
    await writeDeletion(trx, id);
  });
  deps.commands.sweepCancellations();
  return { cancelled };
}
