import { lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { countPendingOfNames, countPendingOfNamesSince } from '../../db/countPending';
import { appRow, steerInTurn, subscriptionRow } from '../../db/rowTurns';
import { lockLanesOf } from '../../db/subscriptionLanes';
import { lockSubscription, type Subscription, type SubscriptionSettings } from '../../db/subscriptions';
import { auditedSettings } from '../auditedSettings';
import { requireCallbackUrl } from '../callbackCheck';
import type { Precondition, SubscriptionDeps } from './deps';
import { requireNative } from './native';
import { requireTopics } from './topics';
import { namesOf, without, writeChange } from './writes';

/** What is undefined stays. */
export type SubscriptionChange = Partial<SubscriptionSettings>;

export interface SubscriptionChanged {
  subscription: Subscription;
  /** Pending deliveries of topics that were taken out. */
  cancelled: number;
}

/**
 * Counts from the next attempt on.
 *
 * @throws Refusal 400 as when it is made; 404 when it is deleted meanwhile; 409 for one of another interface; what
 * `requires` throws.
 */
export async function changeSubscription(
  deps: SubscriptionDeps,
  subscription: Subscription,
  { requires, ...change }: SubscriptionChange & { requires?: Precondition },
): Promise<SubscriptionChanged> {
  requireNative(subscription);
  requireCallbackUrl(deps.checkCallbackUrl, change.callbackUrl);
  const topics = change.topics && (await requireTopics(deps.db, change.topics));
  const takenOut = topics ? without(subscription.topics, namesOf(topics)) : [];
  const counted = await countPendingOfNames(deps.db, subscription.id, takenOut);
  let acceptedSince = 0;
  const changed = await steerInTurn(
    deps,
    [appRow(subscription, 'share'), subscriptionRow(subscription.id)],
    async (trx) => {
      await lockApp(trx, subscription, 'share');
      const { id, tenantId } = subscription;
      await audit(trx, { object: 'subscription', id, of: { tenantId }, change: auditedSettings({ ...change }) });
      if (counted.at) {
        // The locks that the change takes, in its order: what is accepted before they are there is cancelled too.
        await lockLanesOf(trx, id);
        await lockSubscription(trx, id);
        acceptedSince = await countPendingOfNamesSince(trx, id, { names: takenOut, since: counted.at });
      }
      return writeChange(trx, { ...change, topics, id, requires });
    },
  );
  if (changed.hasCancelled) deps.commands.sweepCancellations();
  return { subscription: changed.subscription, cancelled: counted.count + acceptedSince };
}
