import type { Knex } from 'knex';
import { dayOfId } from '../../contracts/ids';
import type { Database, Statement } from '../database';
import { type Overdue, type OverdueRow, toOverdue } from './overdue';

/** Of the outcomes in `counted`: each failed one is noted until its workflow has read the row, also when this process ends now. */
export const NOTE_FAILURES = `noted AS (
  INSERT INTO failures_to_show (delivery_id, day, due_by)
  SELECT id, day, now() + interval '30 s' FROM counted WHERE state = 'failed' ORDER BY id
  ON CONFLICT (delivery_id) DO UPDATE SET due_by = excluded.due_by
)`;

const FORGET: Statement = {
  name: 'forget_failure_to_show',
  text: 'DELETE FROM failures_to_show WHERE delivery_id = $1 AND day = $2',
};

/** A workflow that has read it ends as Failed, whatever happens to its worker. */
export async function forgetFailure(db: Database, deliveryId: string): Promise<void> {
  await db.run(FORGET, [deliveryId, dayOfId(deliveryId)]);
}

export async function forgetFailures(knex: Knex, deliveryIds: string[]): Promise<void> {
  await knex('failures_to_show').whereIn('delivery_id', deliveryIds).delete();
}

/** Failures that no workflow has shown in time, longest overdue first. What has been retried since, or dropped, is forgotten. */
export async function takeFailuresToShow(knex: Knex, limit: number): Promise<Overdue[]> {
  const { rows } = await knex.raw<{ rows: (Omit<OverdueRow, 'id'> & { id: string | null; delivery_id: string })[] }>(
    `SELECT f.delivery_id, d.id, d.generation, d.subscription_id, s.version, d.topic
     FROM (SELECT * FROM failures_to_show WHERE due_by < now() ORDER BY due_by LIMIT ?) f
     LEFT JOIN (deliveries d JOIN subscriptions s ON s.id = d.subscription_id)
       ON d.id = f.delivery_id AND d.day = f.day AND d.state = 'failed'`,
    [limit],
  );
  const gone = rows.filter(({ id }) => id === null).map((row) => row.delivery_id);
  if (gone.length > 0) await forgetFailures(knex, gone);
  return rows.flatMap((row) => (row.id === null ? [] : [toOverdue({ ...row, id: row.id })]));
}
