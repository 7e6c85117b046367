import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { NOT_CANCELLED } from './carrying/rows';

/** What is cancelled as a whole: what was accepted before it, of one subscription. */
export interface Cancellation {
  subscriptionId: string;
  /** Only of this topic. */
  topic?: string;
  /** Only of this tenant's events. */
  eventTenantId?: string;
  reason: string;
}

/**
 * Writes a row for each: claims refuse what they cover from the commit on, `sweepCancellations` writes the deliveries.
 *
 * `clock_timestamp()`, not `now()`: what was accepted while this transaction waited for its locks is cancelled too.
 *
 * @returns the number of pending deliveries that they cover.
 */
export async function cancelAll(trx: Knex.Transaction, cancellations: Cancellation[]): Promise<number> {
  if (cancellations.length === 0) return 0;
  const given = JSON.stringify(cancellations.map((cancellation) => ({ id: uuidv7(), ...cancellation })));
  const { rows } = await trx.raw<{ rows: [{ count: string }] }>(
    `SELECT count(*) AS count
     FROM jsonb_to_recordset(?::jsonb) AS c("subscriptionId" uuid, topic text, "eventTenantId" text)
     JOIN deliveries d ON d.subscription_id = c."subscriptionId" AND d.state = 'pending'
       AND (c.topic IS NULL OR c.topic = d.topic)
       AND (c."eventTenantId" IS NULL OR c."eventTenantId" = d.event_tenant_id)
     WHERE ${NOT_CANCELLED}`,
    [given],
  );
  await trx.raw(
    `INSERT INTO cancellations (id, subscription_id, topic, event_tenant_id, reason, at)
     SELECT c.*, clock_timestamp()
     FROM jsonb_to_recordset(?::jsonb)
       AS c(id uuid, "subscriptionId" uuid, topic text, "eventTenantId" text, reason text)`,
    [given],
  );
  return Number(rows[0].count);
}
