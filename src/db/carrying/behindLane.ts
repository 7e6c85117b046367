import type { Knex } from 'knex';
import { NOT_CANCELLED } from './cancelled';
import type { LaneRef } from './steerLanes';

/** Delivery `d` waits behind the one lane of an independent subscription: what the two indexes of such lanes hold. */
export const waitsBehindLaneOf = (subscription: string) =>
  `d.subscription_id = ${subscription} AND d.state = 'pending' AND d.due_by IS NULL AND d.lane_number IS NULL
    AND ${NOT_CANCELLED}`;

/** Delivery `d` waits in an ordered lane: what the index of such lanes holds. */
export const waitsInLineOf = (subscription: string, topic: string) =>
  `d.subscription_id = ${subscription} AND d.topic = ${topic} AND d.state = 'pending' AND d.lane_number IS NOT NULL
    AND ${NOT_CANCELLED}`;

/** Whether nothing waits in an ordered lane; whoever asks holds its row, so that this stays so. */
export async function isLineEmpty(trx: Knex.Transaction, { subscriptionId, topic }: LaneRef): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `SELECT FROM deliveries d WHERE ${waitsInLineOf('?', '?')} LIMIT 1`,
    [subscriptionId, topic],
  );
  return rows.length === 0;
}

/**
 * The pending deliveries behind lane `l` as a query, the next one first: of an ordered lane those in its line, of any
 * other those that nothing else carries. Two branches, of which a lane has one: so each is read by its own index, in
 * order, and no further than `limit`.
 */
export function behindLane({ columns, limit }: { columns: string; limit: number }): string {
  return `(
    SELECT ${columns} FROM deliveries d
    WHERE l.topic <> '' AND ${waitsInLineOf('l.subscription_id', 'l.topic')}
    ORDER BY d.lane_number LIMIT ${limit}
  ) UNION ALL (
    SELECT ${columns} FROM deliveries d
    WHERE l.topic = '' AND ${waitsBehindLaneOf('l.subscription_id')}
    ORDER BY d.id LIMIT ${limit}
  )`;
}
