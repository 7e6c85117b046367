import type { LaneState } from '../../contracts/states';
import type { Database } from '../database';
import { isLineEmpty } from './behindLane';
import type { LaneHold } from './holdLane';

/** What an ordered lane's workflow does when nothing is left to push. */
export type OrderedRest = 'asleep' | 'busy' | 'lost';

/**
 * Puts an ordered lane to sleep if nothing waits in it. The row is locked first and looked behind second: an accept
 * holds that row, so what it put there is either seen here, or it finds the lane asleep and wakes it.
 */
export async function restOrderedLane(db: Database, { laneId, epoch }: LaneHold): Promise<OrderedRest> {
  return db.knex.transaction(async (trx): Promise<OrderedRest> => {
    const lane = await trx('lanes')
      .where({ id: laneId, epoch })
      .forUpdate()
      .first<{ state: LaneState; subscription_id: string; topic: string; replay_at: Date | null }>(
        'state',
        'subscription_id',
        'topic',
        'replay_at',
      );
    if (!lane) return 'lost';
    if (lane.replay_at !== null) return 'busy';
    if (!(await isLineEmpty(trx, { subscriptionId: lane.subscription_id, topic: lane.topic }))) return 'busy';
    await trx('lanes').where({ id: laneId }).update({
      state: 'idle',
      reason: null,
      since: trx.fn.now(),
      awake: false,
      due_by: null,
      next_attempt_at: null,
      held_until: null,
    });
    return 'asleep';
  });
}
