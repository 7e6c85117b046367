import type { Knex } from 'knex';
import { sourceTenantsOf } from '../../db/grants';
import { replaceSelectors } from '../../db/selectors';
import { insertLane, replaceTopicLanes } from '../../db/subscriptionLanes';
import type { Subscription } from '../../db/subscriptions';
import { findTopics, type Topic } from '../../db/topics';
import { selectorOf } from '../../domain/selectors';
import { Refusal } from '../errors';

/** Repeated topics count once. @throws Refusal 400 naming `field` and those that are not in the catalogue. */
export async function requireTopics(db: Knex, topics: readonly string[], field = 'topics'): Promise<Topic[]> {
  const distinct = [...new Set(topics)];
  const known = new Map((await findTopics(db, distinct)).map((topic) => [topic.topic, topic]));
  const unknown = distinct.filter((topic) => !known.has(topic));
  if (unknown.length > 0) throw new Refusal(400, `not in the catalogue of topics: ${unknown.join(', ')}`, field);
  return distinct.flatMap((topic) => known.get(topic) ?? []);
}

/** A name that a subscription selects events by: a topic of the catalogue, or what its interface has instead. */
export interface SubscribedTopic {
  topic: string;
  /** The catalogue's; other names have none. */
  historyRequired?: boolean;
}

/**
 * From the commit on, every event of these topics is kept for the subscription, in its own tenant and those that granted
 * it theirs: in a lane for each topic where it is ordered, held there until its history is processed where both the
 * subscription and the catalogue ask for that. Who calls has locked the subscription, or has just made it.
 */
export async function matchTopics(
  trx: Knex.Transaction,
  { subscription, topics, isNew = false }: { subscription: Subscription; topics: SubscribedTopic[]; isNew?: boolean },
): Promise<void> {
  const { id, ordered, historyRequired } = subscription;
  if (ordered) {
    const held = new Set(topics.filter((topic) => historyRequired && topic.historyRequired).map(({ topic }) => topic));
    const names = topics.map(({ topic }) => topic);
    await replaceTopicLanes(trx, { subscriptionId: id, topics: names, isHeld: (topic) => held.has(topic) });
  } else if (isNew) {
    await insertLane(trx, id);
  }
  await replaceSelectors(trx, {
    subscriptionId: id,
    tenantIds: await sourceTenantsOf(trx, subscription),
    selectors: topics.map(({ topic }) => ({
      selector: selectorOf(subscription.interface, topic),
      laneTopic: ordered ? topic : '',
    })),
  });
}
