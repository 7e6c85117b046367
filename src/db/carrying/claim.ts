import { dayOfId } from '../../contracts/ids';
import type { DeliveryToAttempt } from '../../domain/delivery';
import type { Database, Statement } from '../database';
import { NOT_CANCELLED } from './cancelled';
import { type DeliveryToAttemptRow, JOIN_SUBSCRIPTION, joinDelivery, TO_ATTEMPT, toDeliveryToAttempt } from './rows';

export interface ClaimWanted {
  deliveryId: string;
  generation: number;
}

/**
 * No attempt without a claim: it numbers the attempt and moves `due_by` past its end, and it fails when somebody else
 * carries the delivery (another generation, or an attempt under way), when it is not yet time, when it waits behind
 * its lane, and when the subscription is paused or deleted. 50 ms: a carrier that wakes a moment early need not sleep again.
 * Rows are locked in id order, as every multi-row write does.
 */
const CLAIM: Statement = {
  name: 'claim',
  text: `
WITH wanted AS (
  SELECT * FROM unnest($1::uuid[], $2::date[], $3::int[]) AS w(id, day, generation)
), ready AS MATERIALIZED (
  SELECT d.id, d.day, s.timeout_ms
  FROM (SELECT * FROM wanted ORDER BY id) w
  ${joinDelivery('w', { lock: 'UPDATE' })}
  ${JOIN_SUBSCRIPTION}
  WHERE d.generation = w.generation AND d.state = 'pending' AND s.state = 'active'
    AND d.due_by IS NOT NULL
    AND (d.due_by < now() OR d.next_attempt_at <= now() + interval '50 ms' OR ($4 AND d.next_attempt_at IS NOT NULL))
    AND ${NOT_CANCELLED}
), claimed AS (
  UPDATE deliveries d
  SET attempt = d.attempt + 1, next_attempt_at = NULL,
      due_by = now() + interval '30 s' + r.timeout_ms * interval '1 ms'
  FROM ready r
  WHERE d.id = r.id AND d.day = r.day AND d.day = ANY($2::date[])
  RETURNING d.*
)
SELECT ${TO_ATTEMPT}`,
};

/**
 * @param early claims what waits for its next attempt although it is not yet time.
 * @returns those that were claimed, each with what its attempt needs.
 */
export async function claimDeliveries(
  db: Database,
  { wanted, early }: { wanted: ClaimWanted[]; early: boolean },
): Promise<DeliveryToAttempt[]> {
  const rows = await db.runShared<DeliveryToAttemptRow>(CLAIM, [
    wanted.map((w) => w.deliveryId),
    wanted.map((w) => dayOfId(w.deliveryId)),
    wanted.map((w) => w.generation),
    early,
  ]);
  return rows.map(toDeliveryToAttempt);
}
