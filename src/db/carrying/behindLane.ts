import { NOT_CANCELLED } from './rows';

/**
 * The pending deliveries behind lane `l` as a query, the next one first: of an ordered lane those in its line, of any
 * other those that nothing else carries. Two branches, of which a lane has one: so each is read by its own index, in
 * order, and no further than `limit`.
 */
export function behindLane({ columns, limit }: { columns: string; limit: number }): string {
  return `(
    SELECT ${columns} FROM deliveries d
    WHERE l.topic <> '' AND d.subscription_id = l.subscription_id AND d.topic = l.topic
      AND d.lane_number IS NOT NULL AND d.state = 'pending' AND ${NOT_CANCELLED}
    ORDER BY d.lane_number LIMIT ${limit}
  ) UNION ALL (
    SELECT ${columns} FROM deliveries d
    WHERE l.topic = '' AND d.subscription_id = l.subscription_id
      AND d.due_by IS NULL AND d.state = 'pending' AND ${NOT_CANCELLED}
    ORDER BY d.id LIMIT ${limit}
  )`;
}
