import { lockApp } from '../../db/apps';
import { cancelAll } from '../../db/cancellations';
import { sourceTenantsOf } from '../../db/grants';
import { replaceSelectors } from '../../db/selectors';
import {
  lockSubscription,
  type Subscription,
  type SubscriptionSettings,
  updateSubscription,
} from '../../db/subscriptions';
import { topicSelector } from '../../domain/selectors';
import { requireCallbackUrl } from '../callbackCheck';
import { notFound } from '../errors';
import type { SubscriptionDeps } from './deps';
import { requireNative } from './native';
import { requireTopics } from './topics';

/** What is undefined stays. */
export type SubscriptionChange = Partial<SubscriptionSettings>;

export interface ChangedSubscription {
  subscription: Subscription;
  /** Pending deliveries of topics that were taken out. */
  cancelled: number;
}

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
  const { id } = subscription;
  const changed = await deps.db.transaction(async (trx) => {
    await lockApp(trx, subscription, 'share');
    const before = await lockSubscription(trx, id);
    const after = before && (await updateSubscription(trx, id, { ...change, topics }));
    if (!before || !after) throw notFound('subscription');
    if (!topics) return { subscription: after, cancelled: 0 };
    const selectors = topics.map(topicSelector);
    await replaceSelectors(trx, { subscriptionId: id, tenantIds: await sourceTenantsOf(trx, after), selectors });
    const takenOut = before.topics.filter((topic) => !topics.includes(topic));
    const cancelled = await cancelAll(
      trx,
      takenOut.map((topic) => ({ subscriptionId: id, topic, reason: 'topic_dropped' })),
    );
    return { subscription: after, cancelled };
  });
  // It only saves time: whatever it does not get to, reconcile repeats.
  if (topics) deps.commands.sweepCancellations().catch(() => undefined);
  return changed;
}
