import type { Database, Statement } from '../database';
import type { LaneRef } from './steerLanes';

/** The right to push an ordered lane's deliveries: whoever claims or steers the lane next takes it away. */
export interface LaneHold {
  laneId: string;
  epoch: number;
  /** A re-push is under way: nothing goes out before its copies are made. */
  isReplaying: boolean;
}

/** Longer than the 10 s after which a holder that could not renew stops by itself; the attempt under way comes on top. */
export const HELD = `now() + interval '15 s' + s.timeout_ms * interval '1 ms'`;

/**
 * Takes a lane that may push now. Not while another holds it: its attempt under way may still arrive. 50 ms: a
 * workflow that wakes a moment early need not sleep again.
 */
const HOLD: Statement = {
  name: 'hold_lane',
  text: `
UPDATE lanes l
SET epoch = l.epoch + 1, held_epoch = l.epoch + 1, held_until = ${HELD}, next_attempt_at = NULL, awake = true,
    due_by = now() + interval '1 minute' + s.timeout_ms * interval '1 ms'
FROM subscriptions s
WHERE l.subscription_id = $1 AND l.topic = $2 AND s.id = l.subscription_id AND s.state = 'active'
  AND (l.held_until IS NULL OR l.held_until < now())
  AND (l.state = 'running' OR (l.state = 'retrying' AND l.next_attempt_at <= now() + interval '50 ms'))
RETURNING l.id, l.epoch, l.replay_at IS NOT NULL AS is_replaying`,
};

/** @returns null when the lane may not push now, or is pushed by somebody else. */
export async function holdLane(db: Database, { subscriptionId, topic }: LaneRef): Promise<LaneHold | null> {
  const [row] = await db.runShared<{ id: string; epoch: string; is_replaying: boolean }>(HOLD, [subscriptionId, topic]);
  return row ? { laneId: row.id, epoch: Number(row.epoch), isReplaying: row.is_replaying } : null;
}

/** The next stretch of it may begin at once, here or elsewhere. Nothing is written of one that rests or failed: it is free already. */
export async function releaseLane(db: Database, { laneId, epoch }: LaneHold): Promise<void> {
  await db
    .knex('lanes')
    .where({ id: laneId, held_epoch: epoch })
    .whereNotNull('held_until')
    .update({ held_until: null });
}
