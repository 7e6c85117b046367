import type { LaneState } from '../../contracts/states';
import type { Database } from '../database';
import { isLineEmpty } from './behindLane';
import type { LaneRef } from './steerLanes';

export type LaneLook =
  /** Nothing waits: it sleeps. */
  | { kind: 'asleep' }
  /** Something can go out. */
  | { kind: 'due' }
  /** Nothing goes out before then, or before it is steered. */
  | { kind: 'stands'; waitMs: number };

/** A lane that nothing goes out of is looked at so often, to bring its page up to date. */
const LOOK_AGAIN_MS = 10 * 60_000;

interface LookRow {
  id: string;
  state: LaneState;
  is_live: boolean;
  next_attempt_in_ms: number | null;
  held_for_ms: number | null;
}

/**
 * What an ordered lane waits for. One that nothing waits in goes to sleep, whatever its state: the row is locked first
 * and looked behind second, so that an accept is either seen here, or finds the lane asleep and wakes it.
 */
export async function lookAtOrderedLane(db: Database, { subscriptionId, topic }: LaneRef): Promise<LaneLook> {
  return db.knex.transaction(async (trx): Promise<LaneLook> => {
    const lanes = await trx.raw<{ rows: LookRow[] }>(
      `SELECT l.id, l.state, s.state <> 'deleted' AS is_live,
              (extract(epoch FROM l.next_attempt_at - now()) * 1000)::float8 AS next_attempt_in_ms,
              (extract(epoch FROM l.held_until - now()) * 1000)::float8 AS held_for_ms
       FROM lanes l JOIN subscriptions s ON s.id = l.subscription_id
       WHERE l.subscription_id = ? AND l.topic = ? FOR UPDATE OF l`,
      [subscriptionId, topic],
    );
    const [lane] = lanes.rows;
    if (!lane?.is_live || lane.state === 'idle') return { kind: 'asleep' };
    const heldForMs = Math.max(0, lane.held_for_ms ?? 0);
    const isEmpty = await isLineEmpty(trx, { subscriptionId, topic });
    const mayRun = lane.state === 'running' || lane.state === 'retrying';
    if (mayRun && heldForMs === 0 && (isEmpty || (lane.next_attempt_in_ms ?? 0) <= 0)) {
      // Its head was cancelled while it waited for its next attempt: the next one does not wait for that.
      await trx('lanes').where({ id: lane.id }).update({ state: 'running', next_attempt_at: null });
      return { kind: 'due' };
    }
    if (isEmpty && !mayRun) {
      await trx('lanes').where({ id: lane.id }).update({ awake: false, due_by: null });
      return { kind: 'asleep' };
    }
    const waitMs = mayRun ? Math.max(heldForMs, lane.next_attempt_in_ms ?? 0) : LOOK_AGAIN_MS;
    await trx('lanes')
      .where({ id: lane.id })
      .update({ awake: true, due_by: trx.raw("now() + ? * interval '1 ms' + interval '1 minute'", [waitMs]) });
    return { kind: 'stands', waitMs: Math.ceil(waitMs) };
  });
}
