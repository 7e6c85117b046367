import type { Knex } from 'knex';
import { cancelDeleted, cancelLostNames, separateAddedNames } from '../../db/cancellations';
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
import type { Precondition, SubscriptionDeps } from './deps';
import { matchTopics, type SubscribedTopic } from './topics';

export const namesOf = (topics: SubscribedTopic[]) => topics.map(({ topic }) => topic);

/**
 * A subscription with its signing secret; from the commit on, every matching event is kept for it. Its app is locked.
 *
 * @throws QuotaExceeded
 */
export async function writeNew(
  trx: Knex.Transaction,
  { secretBox, newSigningSecret, quotas }: Pick<SubscriptionDeps, 'secretBox' | 'newSigningSecret' | 'quotas'>,
  { topics, ...settings }: Omit<NewSubscription, 'topics'> & { topics: SubscribedTopic[] },
): Promise<Subscription> {
  const { id, tenantId, appId } = settings;
  await quotas.require(trx, { of: 'subscriptionsPerApp', tenantId, appId });
  const subscription = await insertSubscription(trx, { ...settings, topics: namesOf(topics) });
  await insertSecret(trx, { subscriptionId: id, ...secretBox.seal(newSigningSecret(), id) });
  await matchTopics(trx, { subscription, topics, isNew: true });
  return subscription;
}

export interface SubscriptionToChange extends Omit<SubscriptionUpdate, 'topics'> {
  id: string;
  topics?: SubscribedTopic[];
  requires?: Precondition;
}

export interface ChangedSubscription {
  subscription: Subscription;
  /** Topics were taken out: what is pending of them is cancelled, and can be swept. */
  hasCancelled: boolean;
}

/**
 * What is undefined stays; what is pending of a topic that is taken out is cancelled. Its app is locked.
 *
 * @throws Refusal 404 when it is deleted meanwhile; what `requires` throws.
 */
export async function writeChange(
  trx: SteeringTransaction,
  { id, topics, requires, ...change }: SubscriptionToChange,
): Promise<ChangedSubscription> {
  if (topics) await lockLanesOf(trx, id);
  const before = await lockSubscription(trx, id);
  if (before) requires?.(before);
  const named = topics && namesOf(topics);
  const after = before && (await updateSubscription(trx, id, { ...change, topics: named }));
  if (!before || !after) throw notFound('subscription');
  if (!topics || !named) return { subscription: after, hasCancelled: false };
  await matchTopics(trx, { subscription: after, topics });
  const added = without(named, before.topics);
  const changed = { subscriptionId: id, tenantId: after.tenantId, names: named, added };
  const hasCancelled = without(before.topics, named).length > 0;
  if (hasCancelled) await cancelLostNames(trx, changed);
  else if (added.length > 0) await separateAddedNames(trx, changed);
  return { subscription: after, hasCancelled };
}

/** Those of `names` that are not among the others. */
export function without(names: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return names.filter((name) => !known.has(name));
}

/**
 * It matches nothing any more and is not there any more; what is pending of it is cancelled, and its deliveries can still
 * be read. Its app is locked.
 *
 * @throws Refusal 404 when somebody else was faster.
 */
export async function writeDeletion(trx: SteeringTransaction, id: string): Promise<void> {
  if (!(await markSubscriptionDeleted(trx, id))) throw notFound('subscription');
  await deleteSelectors(trx, id);
  await cancelDeleted(trx, id);
}
