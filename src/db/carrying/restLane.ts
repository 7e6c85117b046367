import type { Knex } from 'knex';
import type { LaneState } from '../../contracts/states';
import type { Database } from '../database';
import { waitsBehindLaneOf } from './behindLane';
import { countOwnWorkflows, MAX_OWN_WORKFLOWS } from './lanes';

/** So many that wait for a later attempt may get workflows of their own again when their lane has nothing else to do. */
const MAX_RELEASED = 10;
/** A lane stays in use, with nothing behind it, until so few of its subscription's deliveries have workflows of their own. */
const FEW_OWN_WORKFLOWS = MAX_OWN_WORKFLOWS / 2;
/** What is not due is looked at so often, to bring the lane's page up to date. */
const LOOK_AGAIN_MS = 10 * 60_000;

const WAITS = waitsBehindLaneOf('?');

export type LaneRest =
  /** Something is due. */
  | { kind: 'busy' }
  /** It does not stand as it did. */
  | { kind: 'changed' }
  | { kind: 'wait'; waitMs: number }
  /** Nothing waits; each of `released` needs a workflow of its own. */
  | { kind: 'asleep'; released: { deliveryId: string; generation: number; topic: string }[] };

interface LockedLane {
  id: string;
  subscription_id: string;
  state: LaneState;
}

/**
 * Puts an independent subscription's lane to rest if nothing behind it is due. The row is locked first and looked
 * behind second: whoever puts something behind a lane holds its row too, so it is either seen here or finds the lane
 * asleep and wakes it.
 *
 * @param as how the caller takes the lane to stand.
 */
export async function restLane(
  db: Database,
  { subscriptionId, as }: { subscriptionId: string; as: 'running' | 'paused' },
): Promise<LaneRest> {
  return db.knex.transaction(async (trx): Promise<LaneRest> => {
    const lane = await trx('lanes')
      .where({ subscription_id: subscriptionId, topic: '' })
      .forUpdate()
      .first<LockedLane | undefined>('id', 'subscription_id', 'state');
    if (!lane) return { kind: 'asleep', released: [] };
    if (lane.state !== as) return { kind: 'changed' };
    return as === 'running' ? restRunning(trx, lane) : restPaused(trx, lane);
  });
}

/** Its workflow stands open while something waits: that is where operators see it. */
async function restPaused(trx: Knex.Transaction, lane: LockedLane): Promise<LaneRest> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(`SELECT FROM deliveries d WHERE ${WAITS} ORDER BY d.id LIMIT 1`, [
    lane.subscription_id,
  ]);
  const isEmpty = rows.length === 0;
  await trx('lanes')
    .where({ id: lane.id })
    .update({ awake: !isEmpty, due_by: isEmpty ? null : dueAfter(trx, LOOK_AGAIN_MS) });
  return isEmpty ? { kind: 'asleep', released: [] } : { kind: 'wait', waitMs: LOOK_AGAIN_MS };
}

async function restRunning(trx: Knex.Transaction, { id, subscription_id }: LockedLane): Promise<LaneRest> {
  const { rows } = await trx.raw<{ rows: { id: string; wait_ms: number }[] }>(
    `(SELECT d.id, 0::float8 AS wait_ms FROM deliveries d
      WHERE ${WAITS} AND d.next_attempt_at IS NULL ORDER BY d.id LIMIT 1)
     UNION ALL
     (SELECT d.id, greatest(0, extract(epoch FROM d.next_attempt_at - now()) * 1000)::float8 FROM deliveries d
      WHERE ${WAITS} AND d.next_attempt_at IS NOT NULL ORDER BY d.next_attempt_at LIMIT ?)`,
    [subscription_id, subscription_id, MAX_RELEASED + 1],
  );
  const waitMs = Math.ceil(Math.min(LOOK_AGAIN_MS, ...rows.map(({ wait_ms }) => wait_ms)));
  if (waitMs === 0) return { kind: 'busy' };
  if (rows.length > MAX_RELEASED || (await hasManyOwnWorkflows(trx, subscription_id))) {
    // Asleep: what comes behind it meanwhile may be due earlier, and whoever puts it there tells its workflow.
    await trx('lanes')
      .where({ id })
      .update({
        awake: false,
        due_by: dueAfter(trx, waitMs),
        next_attempt_at: rows.length > 0 ? trx.raw("now() + ? * interval '1 ms'", [waitMs]) : null,
      });
    return { kind: 'wait', waitMs };
  }
  await trx('lanes')
    .where({ id })
    .update({ state: 'idle', reason: null, since: trx.fn.now(), awake: false, due_by: null, next_attempt_at: null });
  const released = await trx.raw<{ rows: { id: string; generation: number; topic: string }[] }>(
    `UPDATE deliveries SET generation = generation + 1, due_by = next_attempt_at + interval '30 s'
     WHERE id = ANY(?::uuid[]) AND subscription_id = ? AND state = 'pending' AND due_by IS NULL
     RETURNING id, generation, topic`,
    [rows.map((row) => row.id), subscription_id],
  );
  return {
    kind: 'asleep',
    released: released.rows.map(({ id: deliveryId, generation, topic }) => ({ deliveryId, generation, topic })),
  };
}

async function hasManyOwnWorkflows(trx: Knex.Transaction, subscriptionId: string): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: { count: number }[] }>(
    `SELECT ${countOwnWorkflows('?', FEW_OWN_WORKFLOWS)} AS count`,
    [subscriptionId],
  );
  return (rows[0]?.count ?? 0) >= FEW_OWN_WORKFLOWS;
}

/** By then its workflow has looked again; if not, reconcile asks for it. */
function dueAfter(trx: Knex.Transaction, waitMs: number): Knex.Raw {
  return trx.raw("now() + ? * interval '1 ms' + interval '1 minute'", [waitMs]);
}
