import { audit } from '../audit';
import { recordSteering, type Steer } from '../steerings';
import { lockLanesOf } from '../subscriptionLanes';
import type { LaneRef } from './steerLanes';

/**
 * Lanes first, then the subscription: the accept statement decides by the lane's locked row. Twice is once.
 *
 * @returns the lanes whose open workflows have to be told; null when it was not active.
 */
export async function pauseSubscription(steer: Steer, subscriptionId: string): Promise<LaneRef[] | null> {
  return steer(async (trx) => {
    await lockLanesOf(trx, subscriptionId);
    const changed = await trx('subscriptions')
      .where({ id: subscriptionId, state: 'active' })
      .update({ state: 'paused', version: trx.raw('version + 1'), updated_at: trx.fn.now() });
    if (changed === 0) return null;
    recordSteering(trx, { subscriptionId });
    await audit(trx, { object: 'subscription', id: subscriptionId, of: { subscriptionId }, change: { is: 'paused' } });
    const lanes = await trx('lanes')
      .where({ subscription_id: subscriptionId })
      .update({
        resume_state: trx.raw("CASE WHEN state IN ('awaiting_history', 'stopped') THEN state END"),
        state: 'paused',
        // Why it stopped is told again when it is resumed.
        reason: trx.raw("CASE WHEN state = 'stopped' THEN reason ELSE 'paused' END"),
        since: trx.fn.now(),
        next_attempt_at: null,
        probes: 0,
        epoch: trx.raw('epoch + 1'),
        due_by: trx.raw("CASE WHEN awake THEN now() + interval '1 minute' END"),
      })
      .returning<{ topic: string; awake: boolean }[]>(['topic', 'awake']);
    return refsOf(subscriptionId, lanes);
  });
}

/** @returns the lanes whose open workflows have to be told; null when it was not paused. */
export async function resumeSubscription(steer: Steer, subscriptionId: string): Promise<LaneRef[] | null> {
  return steer(async (trx) => {
    await lockLanesOf(trx, subscriptionId);
    const changed = await trx('subscriptions')
      .where({ id: subscriptionId, state: 'paused' })
      .update({ state: 'active', version: trx.raw('version + 1'), updated_at: trx.fn.now() });
    if (changed === 0) return null;
    recordSteering(trx, { subscriptionId });
    await audit(trx, { object: 'subscription', id: subscriptionId, of: { subscriptionId }, change: { is: 'resumed' } });
    const lanes = await trx('lanes')
      .where({ subscription_id: subscriptionId, state: 'paused' })
      .update({
        state: trx.raw("coalesce(resume_state, CASE WHEN awake THEN 'running' ELSE 'idle' END)"),
        reason: trx.raw(
          "CASE WHEN resume_state = 'stopped' THEN reason WHEN resume_state IS NULL AND awake THEN 'resumed' END",
        ),
        resume_state: null,
        since: trx.fn.now(),
        epoch: trx.raw('epoch + 1'),
        due_by: trx.raw("CASE WHEN awake THEN now() + interval '1 minute' END"),
      })
      .returning<{ topic: string; awake: boolean }[]>(['topic', 'awake']);
    return refsOf(subscriptionId, lanes);
  });
}

function refsOf(subscriptionId: string, lanes: { topic: string; awake: boolean }[]): LaneRef[] {
  return lanes.filter(({ awake }) => awake).map(({ topic }) => ({ subscriptionId, topic }));
}
