import type { Knex } from 'knex';

/** A subscription's finished deliveries since it was made. */
export interface DeliveryTotals {
  /** Delivered, failed or cancelled. */
  finished: number;
  failed: number;
}

/** By index: all but those that are pending, and those that failed; with what retention has dropped, counted already or not. */
export async function readDeliveryTotals(
  db: Knex,
  subscriptionIds: readonly string[],
): Promise<Map<string, DeliveryTotals>> {
  const { rows } = await db.raw<{ rows: { id: string; finished: string; failed: string }[] }>(
    `SELECT s.id, coalesce(x.finished, 0) + uncounted.finished + there.n - pending.n AS finished,
            coalesce(x.failed, 0) + uncounted.failed + failed.n AS failed
     FROM unnest(?::uuid[]) AS s(id)
     LEFT JOIN dropped_deliveries x ON x.subscription_id = s.id
     CROSS JOIN LATERAL
       (SELECT count(*) AS finished, count(*) FILTER (WHERE state = 'failed') AS failed
        FROM deliveries_uncounted d WHERE d.subscription_id = s.id) uncounted
     CROSS JOIN LATERAL (SELECT count(*) AS n FROM deliveries d WHERE d.subscription_id = s.id) there
     CROSS JOIN LATERAL
       (SELECT count(*) AS n FROM deliveries d WHERE d.subscription_id = s.id AND d.state = 'pending') pending
     CROSS JOIN LATERAL
       (SELECT count(*) AS n FROM deliveries d WHERE d.subscription_id = s.id AND d.state = 'failed') failed`,
    [[...subscriptionIds]],
  );
  return new Map(rows.map(({ id, finished, failed }) => [id, { finished: Number(finished), failed: Number(failed) }]));
}

/** The statement that adds rows of `subscription_id, state` to what was dropped; who runs it drops them in the same transaction. */
export function addDropped(rows: string): string {
  return `
    INSERT INTO dropped_deliveries AS x (subscription_id, finished, failed)
    SELECT subscription_id, count(*), count(*) FILTER (WHERE state = 'failed')
    FROM ${rows} GROUP BY subscription_id ORDER BY subscription_id
    ON CONFLICT (subscription_id) DO UPDATE
      SET finished = x.finished + excluded.finished, failed = x.failed + excluded.failed`;
}
