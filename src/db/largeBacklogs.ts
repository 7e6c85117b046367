import type { Knex } from 'knex';

export interface LargeBacklog {
  subscriptionId: string;
  tenantId: string;
}

/**
 * Subscriptions of which more than `pending` deliveries are pending. Looks only at those with a lane in use, behind which a backlog
 * always is, and reads at most so many index entries of each.
 *
 * @param after the last one that was looked at; null: from the first.
 * @param limit subscriptions looked at.
 * @returns `last`: the last one that was looked at; null when there are no more.
 */
export async function findLargeBacklogs(
  db: Knex,
  { after, limit, pending }: { after: string | null; limit: number; pending: number },
): Promise<{ found: LargeBacklog[]; last: string | null }> {
  const { rows } = await db.raw<{ rows: { subscription_id: string; tenant_id: string; is_large: boolean }[] }>(
    `SELECT l.subscription_id, s.tenant_id, large.is_large IS NOT NULL AS is_large
     FROM (SELECT DISTINCT subscription_id FROM lanes
           WHERE state <> 'idle' AND (?::uuid IS NULL OR subscription_id > ?) ORDER BY subscription_id LIMIT ?) l
     JOIN subscriptions s ON s.id = l.subscription_id
     LEFT JOIN LATERAL (SELECT true AS is_large FROM deliveries d
                        WHERE d.subscription_id = l.subscription_id AND d.state = 'pending' OFFSET ? LIMIT 1) large ON true
     ORDER BY l.subscription_id`,
    [after, after, limit, pending],
  );
  const found = rows
    .filter((row) => row.is_large)
    .map((row) => ({ subscriptionId: row.subscription_id, tenantId: row.tenant_id }));
  return { found, last: rows.length < limit ? null : (rows.at(-1)?.subscription_id ?? null) };
}
