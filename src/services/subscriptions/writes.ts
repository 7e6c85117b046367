import type { Knex } from 'knex';
import { cancelAll } from '../../db/cancellations';
import { insertSecret } from '../../db/secrets';
import { lockLanesOf } from '../../db/subscriptionLanes';
import {
  insertSubscription,
  lockSubscription,
  type NewSubscription,
  type Subscription,
  type SubscriptionSettings,
  updateSubscription,
} from '../../db/subscriptions';
import type { Topic } from '../../db/topics';
import { notFound } from '../errors';
import type { SubscriptionDeps } from './deps';
import { matchTopics } from './topics';

const namesOf = (topics: Topic[]) => topics.map(({ topic }) => topic);

/** A subscription with its signing secret; from the commit on, every matching event is kept for it. Its app is locked. */
export async function writeNew(
  trx: Knex.Transaction,
  { secretBox, newSigningSecret }: Pick<SubscriptionDeps, 'secretBox' | 'newSigningSecret'>,
  { topics, ...settings }: Omit<NewSubscription, 'topics'> & { topics: Topic[] },
): Promise<Subscription> {
  const { id } = settings;
  const subscription = await insertSubscription(trx, { ...settings, topics: namesOf(topics) });
  await insertSecret(trx, { subscriptionId: id, ...secretBox.seal(newSigningSecret(), id) });
  await matchTopics(trx, { subscription, topics, isNew: true });
  return subscription;
}

export interface ChangedSubscription {
  subscription: Subscription;
  /** Pending deliveries of topics that were taken out. */
  cancelled: number;
}

/**
 * What is undefined stays; what is pending of a topic that is taken out is cancelled. Its app is locked.
 *
 * @throws Refusal 404 when it is deleted meanwhile.
 */
export async function writeChange(
  trx: Knex.Transaction,
  { id, topics, ...change }: { id: string; topics?: Topic[] } & Partial<Omit<SubscriptionSettings, 'topics'>>,
): Promise<ChangedSubscription> {
  if (topics) await lockLanesOf(trx, id);
  const before = await lockSubscription(trx, id);
  const named = topics && namesOf(topics);
  const after = before && (await updateSubscription(trx, id, { ...change, topics: named }));
  if (!before || !after) throw notFound('subscription');
  if (!topics || !named) return { subscription: after, cancelled: 0 };
  await matchTopics(trx, { subscription: after, topics });
  const staying = new Set(named);
  const takenOut = before.topics.filter((topic) => !staying.has(topic));
  const cancelled = await cancelAll(
    trx,
    takenOut.map((topic) => ({ subscriptionId: id, topic, reason: 'topic_dropped' })),
  );
  return { subscription: after, cancelled };
}
