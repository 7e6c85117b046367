import { v7 as uuidv7 } from 'uuid';
import { type AppId, lockApp } from '../../db/apps';
import { sourceTenantsOf } from '../../db/grants';
import { insertLane } from '../../db/laneReads';
import { insertSecret } from '../../db/secrets';
import { replaceSelectors } from '../../db/selectors';
import { insertSubscription, type Subscription, type SubscriptionSettings } from '../../db/subscriptions';
import { topicSelector } from '../../domain/selectors';
import { actingApp } from '../access';
import { requireCallbackUrl } from '../callbackCheck';
import type { Caller } from '../caller';
import { notFound } from '../errors';
import type { SubscriptionDeps } from './deps';
import { requireTopics } from './topics';

export interface SubscriptionInput extends SubscriptionSettings {
  caller: Caller;
  /** Operators name the app; a subscriber's can only be its own. */
  app: Partial<AppId>;
}

/**
 * From the commit on, every matching event is kept for it.
 *
 * @throws Refusal 400 for a callback that may not be called or a topic that is not in the catalogue; 403 for an app
 * that the caller may not act for; 404 for an app that is not there.
 */
export async function createSubscription(deps: SubscriptionDeps, input: SubscriptionInput): Promise<Subscription> {
  const { caller, app: named, ...settings } = input;
  const app = actingApp(caller, named);
  requireCallbackUrl(deps.checkCallbackUrl, settings.callbackUrl);
  const topics = await requireTopics(deps.db, settings.topics);
  const id = uuidv7();
  return deps.db.transaction(async (trx) => {
    if (!(await lockApp(trx, app, 'share'))) throw notFound('app');
    const subscription = await insertSubscription(trx, { ...settings, ...app, topics, id, interface: 'native' });
    await insertLane(trx, id);
    await insertSecret(trx, { subscriptionId: id, ...deps.secretBox.seal(deps.newSigningSecret(), id) });
    await replaceSelectors(trx, {
      subscriptionId: id,
      tenantIds: await sourceTenantsOf(trx, app),
      selectors: topics.map(topicSelector),
    });
    return subscription;
  });
}
