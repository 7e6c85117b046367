import type { DeliveryToAttempt } from '../../domain/delivery';
import type { Database, Statement } from '../database';
import { waitsInLineOf } from './behindLane';
import type { LaneHold } from './holdLane';
import { type DeliveryToAttemptRow, TO_ATTEMPT, toDeliveryToAttempt } from './rows';

/** A delivery and its number in its lane. */
export interface InLine {
  number: number;
  delivery: DeliveryToAttempt;
}

const MAX_BATCH = 100;
/** Of `changes`, so that a lane of large events does not fill the memory. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

const NEXT_IN_LINE: Statement = {
  name: 'next_in_line',
  text: `
WITH claimed AS MATERIALIZED (
  SELECT d.* FROM lanes l
  CROSS JOIN LATERAL (
    SELECT * FROM deliveries d
    WHERE ${waitsInLineOf('l.subscription_id', 'l.topic')}
      AND d.lane_number > $3 AND d.lane_number <= coalesce(l.replay_made, ${Number.MAX_SAFE_INTEGER})
    ORDER BY d.lane_number LIMIT ${MAX_BATCH}
  ) d
  WHERE l.id = $1 AND l.epoch = $2
), sized AS (
  SELECT c.lane_number, ${TO_ATTEMPT}
)
SELECT * FROM (
  SELECT *, sum(octet_length(changes)) OVER (ORDER BY lane_number) - octet_length(changes) AS bytes_before FROM sized
) s
WHERE bytes_before < ${MAX_BATCH_BYTES} ORDER BY lane_number`,
};

/**
 * Deliveries that wait in an ordered lane, from number `after` on, in order; each with the number of its next attempt.
 * None where the lane is held no more, or where a re-push has to make copies first.
 */
export async function nextInLine(db: Database, { laneId, epoch }: LaneHold, after: number): Promise<InLine[]> {
  const rows = await db.run<DeliveryToAttemptRow & { lane_number: string }>(NEXT_IN_LINE, [laneId, epoch, after]);
  return rows.map((row) => {
    const delivery = toDeliveryToAttempt(row);
    return { number: Number(row.lane_number), delivery: { ...delivery, attempt: delivery.attempt + 1 } };
  });
}
