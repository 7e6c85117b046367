import type { Knex } from 'knex';
import { cancelAll } from '../../db/cancellations';
import { insertSecret } from '../../db/secrets';
import { deleteSelectors } from '../../db/selectors';
import type { SteeringTransaction } from '../../db/steerings';
import { lockLanesOf } from '../../db/subscriptionLanes';
import {
  insertSubscription,
  lockSubscription,
  markSubscriptionDeleted,
  type NewSubscription,
  type Subscription,
  type SubscriptionUpdate,
  updateSubscription,
} from '../../db/subscriptions';
import { notFound } from '../errors';
import type { SubscriptionDeps } from './deps';
import { matchTopics, type SubscribedTopic } from './topics';

const namesOf = (topics: SubscribedTopic[]) => topics.map(({ topic }) => topic);

/** A subscription with its signing secret; from the commit on, every matching event is kept for it. Its app is locked. */
export async function writeNew(
  trx: Knex.Transaction,
  { secretBox, newSigningSecret }: Pick<SubscriptionDeps, 'secretBox' | 'newSigningSecret'>,
  { topics, ...settings }: Omit<NewSubscription, 'topics'> & { topics: SubscribedTopic[] },
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
  trx: SteeringTransaction,
  { id, topics, ...change }: { id: string; topics?: SubscribedTopic[] } & Omit<SubscriptionUpdate, 'topics'>,
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

/**
 * It matches nothing any more and is not there any more; its deliveries can still be read. Its app is locked.
 *
 * @returns how many pending deliveries it cancels. @throws Refusal 404 when somebody else was faster.
 */
export async function writeDeletion(trx: SteeringTransaction, id: string): Promise<number> {
  if (!(await markSubscriptionDeleted(trx, id))) throw notFound('subscription');
  await deleteSelectors(trx, id);
  return cancelAll(trx, [{ subscriptionId: id, reason: 'subscription_deleted' }]);
}
