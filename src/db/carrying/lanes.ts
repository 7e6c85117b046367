import { dayOfId } from '../../contracts/ids';
import type { LaneState } from '../../contracts/states';
import type { DeliveryToAttempt } from '../../domain/delivery';
import type { Database, Statement } from '../database';
import { NOT_CANCELLED } from './cancelled';

/** How the one lane of an independent subscription stands at the beginning of a stretch. */
export interface LaneInUse {
  state: LaneState;
  /** Since it stands so. */
  forMs: number;
  /** While sick: until the next probe; negative when it is due. */
  nextAttemptInMs: number | null;
  failedProbes: number;
}

/** A stretch lasts a minute at most: reconcile asks for the workflow of one that does not come back. */
const BEGIN_STRETCH: Statement = {
  name: 'begin_stretch',
  text: `
UPDATE lanes
SET awake = true, due_by = now() + interval '2 minutes',
    next_attempt_at = CASE WHEN state <> 'running' THEN next_attempt_at END
WHERE subscription_id = $1 AND topic = '' AND state <> 'idle'
RETURNING state, probes, (extract(epoch FROM now() - since) * 1000)::float8 AS for_ms,
          (extract(epoch FROM next_attempt_at - now()) * 1000)::float8 AS next_attempt_in_ms`,
};

interface StretchRow {
  state: LaneState;
  probes: number;
  for_ms: number;
  next_attempt_in_ms: number | null;
}

/** @returns null when the lane is not in use. */
export async function beginStretch(db: Database, subscriptionId: string): Promise<LaneInUse | null> {
  const [row] = await db.runShared<StretchRow>(BEGIN_STRETCH, [subscriptionId]);
  if (!row) return null;
  return {
    state: row.state,
    forMs: row.for_ms,
    nextAttemptInMs: row.next_attempt_in_ms,
    failedProbes: row.probes,
  };
}

export async function readLaneState(db: Database, subscriptionId: string): Promise<LaneState | undefined> {
  const row = await db
    .knex('lanes')
    .where({ subscription_id: subscriptionId, topic: '' })
    .first<{ state: LaneState } | undefined>('state');
  return row?.state;
}

/**
 * Puts claimed but unsent deliveries behind their lane, and brings the lane into use.
 *
 * @returns whether the lane's workflow has to be told: it slept.
 */
export async function divertToLane(
  db: Database,
  { subscriptionId, deliveries }: { subscriptionId: string; deliveries: DeliveryToAttempt[] },
): Promise<boolean> {
  const days = [...new Set(deliveries.map(({ deliveryId }) => dayOfId(deliveryId)))];
  return db.knex.transaction(async (trx) => {
    const lane = await trx('lanes')
      .where({ subscription_id: subscriptionId, topic: '' })
      .forUpdate()
      .first<{ id: string; state: LaneState; awake: boolean }>('id', 'state', 'awake');
    if (!lane) return false;
    if (!lane.awake) {
      await trx('lanes')
        .where({ id: lane.id })
        .update({
          awake: true,
          due_by: trx.raw("now() + interval '1 minute'"),
          ...(lane.state === 'idle' ? { state: 'running', reason: 'backlog', since: trx.fn.now() } : {}),
        });
    }
    await trx.raw(
      `UPDATE deliveries d SET due_by = NULL, next_attempt_at = NULL, attempt = d.attempt - 1
       FROM (SELECT d.id, d.day FROM unnest(?::uuid[], ?::int[], ?::int[]) AS u(id, generation, attempt)
             JOIN deliveries d ON d.id = u.id
             WHERE d.day = ANY(?::date[]) AND d.subscription_id = ? AND d.state = 'pending' AND d.generation = u.generation AND d.attempt = u.attempt
             ORDER BY d.id FOR UPDATE OF d) AS unsent
       WHERE d.id = unsent.id AND d.day = unsent.day AND d.day = ANY(?::date[])`,
      [
        deliveries.map((d) => d.deliveryId),
        deliveries.map((d) => d.generation),
        deliveries.map((d) => d.attempt),
        days,
        subscriptionId,
        days,
      ],
    );
    return !lane.awake;
  });
}

/** So many of a subscription's deliveries may have workflows of their own; what fails beyond waits in rows. */
export const MAX_OWN_WORKFLOWS = 1000;

/** Of subscription $1, up to a bound: deliveries that failed and are not behind its lane, so each has a workflow of its own. */
export function countOwnWorkflows(subscription: string, bound: number): string {
  return `(SELECT count(*)::int FROM (
    SELECT FROM deliveries d
    WHERE d.subscription_id = ${subscription} AND d.state = 'pending' AND d.due_by IS NOT NULL AND d.failures > 0
      AND ${NOT_CANCELLED}
    LIMIT ${bound}) own)`;
}

const RELIEVE: Statement = {
  name: 'relieve',
  text: `
UPDATE lanes
SET state = 'running', reason = 'backlog', since = now(), awake = true, due_by = now() + interval '1 minute'
WHERE subscription_id = $1 AND topic = '' AND state = 'idle'
  AND ${countOwnWorkflows('$1', MAX_OWN_WORKFLOWS)} >= ${MAX_OWN_WORKFLOWS}
RETURNING id`,
};

/**
 * Brings a lane into use when too many of its subscription's deliveries have workflows of their own.
 *
 * @returns whether its workflow has to be told.
 */
export async function relieveWorkflows(db: Database, subscriptionId: string): Promise<boolean> {
  return (await db.runShared(RELIEVE, [subscriptionId])).length > 0;
}
