import { lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { appRow, steerInTurn, subscriptionRow } from '../../db/rowTurns';
import type { Subscription, SubscriptionSettings } from '../../db/subscriptions';
import { auditedSettings } from '../auditedSettings';
import { requireCallbackUrl } from '../callbackCheck';
import type { SubscriptionDeps } from './deps';
import { requireNative } from './native';
import { requireTopics } from './topics';
import { type ChangedSubscription, writeChange } from './writes';

/** What is undefined stays. */
export type SubscriptionChange = Partial<SubscriptionSettings>;

/**
 * Counts from the next attempt on.
 *
 * @throws Refusal 400 as when it is made; 404 when it is deleted meanwhile; 409 for one of another interface.
 */
export async function changeSubscription(
  deps: SubscriptionDeps,
  subscription: Subscription,
  change: SubscriptionChange,
): Promise<ChangedSubscription> {
  requireNative(subscription);
  requireCallbackUrl(deps.checkCallbackUrl, change.callbackUrl);
  const topics = change.topics && (await requireTopics(deps.db, change.topics));
  const changed = await steerInTurn(
    deps,
    [appRow(subscription, 'share'), subscriptionRow(subscription.id)],
    async (trx) => {
      await lockApp(trx, subscription, 'share');
      const { id, tenantId } = subscription;
      await audit(trx, { object: 'subscription', id, of: { tenantId }, change: auditedSettings({ ...change }) });
      return writeChange(trx, { ...change, topics, id });
    },
  );
  // It only saves time: whatever it does not get to, reconcile repeats.
  if (topics) deps.commands.sweepCancellations().catch(() => undefined);
  return changed;
}
