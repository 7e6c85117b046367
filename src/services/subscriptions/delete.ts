import { lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { appRow, steerInTurn, subscriptionRow } from '../../db/rowTurns';
import type { Subscription } from '../../db/subscriptions';
import type { SubscriptionDeps } from './deps';
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
): Promise<{ cancelled: number }> {
  requireNative(subscription);
  const cancelled = await steerInTurn(
    deps,
    [appRow(subscription, 'share'), subscriptionRow(subscription.id)],
    async (trx) => {
      await lockApp(trx, subscription, 'share');
      const { id, tenantId } = subscription;
      await audit(trx, { object: 'subscription', id, of: { tenantId }, change: { is: 'deleted' } });
      return writeDeletion(trx, id);
    },
  );
  // It only saves time: whatever it does not get to, reconcile repeats.
  deps.commands.sweepCancellations().catch(() => undefined);
  return { cancelled };
}
