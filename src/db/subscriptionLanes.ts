import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';

/** Lanes are locked before their subscription, in id order. */
export async function lockLanesOf(trx: Knex.Transaction, subscriptionId: string): Promise<void> {
  await trx('lanes').where({ subscription_id: subscriptionId }).orderBy('id').forUpdate().select('id');
}

/** The one lane of a subscription that is not ordered. */
export async function insertLane(trx: Knex.Transaction, subscriptionId: string): Promise<void> {
  await trx('lanes').insert({ id: uuidv7(), subscription_id: subscriptionId });
}

/**
 * Gives an ordered subscription a lane for each of its topics. A topic that stays keeps its lane as it stands; one that is
 * dropped loses it, under its lock: an accept that waits for that lane finds it gone and drops the match, and one that had
 * it has committed before the cancellation that follows. A topic that comes back starts over.
 *
 * @param isHeld whether a topic's history has to be processed before anything goes out.
 */
export async function replaceTopicLanes(
  trx: Knex.Transaction,
  { subscriptionId, topics, isHeld }: { subscriptionId: string; topics: string[]; isHeld: (topic: string) => boolean },
): Promise<void> {
  const lanes = await trx('lanes')
    .where({ subscription_id: subscriptionId })
    .orderBy('id')
    .forUpdate()
    .select<{ id: string; topic: string; state: string }[]>('id', 'topic', 'state');
  const dropped = lanes.filter(({ topic }) => !topics.includes(topic));
  await trx('lanes')
    .whereIn(
      'id',
      dropped.map(({ id }) => id),
    )
    .delete();
  const known = new Set(lanes.map(({ topic }) => topic));
  const { state: subscriptionState } = await trx('subscriptions').where({ id: subscriptionId }).first('state');
  const isPaused = subscriptionState === 'paused';
  const added = topics
    .filter((topic) => !known.has(topic))
    .map((topic) => {
      const held = isHeld(topic) ? 'awaiting_history' : null;
      return {
        id: uuidv7(),
        subscription_id: subscriptionId,
        topic,
        state: isPaused ? 'paused' : (held ?? 'idle'),
        resume_state: isPaused ? held : null,
      };
    });
  if (added.length > 0) await trx.batchInsert('lanes', added, 500);
}
