import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { NOT_CANCELLED } from './carrying/rows';

/** What is cancelled as a whole: everything pending of a subscription, or of one topic or one event's tenant of it. */
export interface Cancellation {
  subscriptionId: string;
  topic?: string;
  eventTenantId?: string;
  reason: string;
}

/**
 * Marks it cancelled: from the commit on claims refuse and reads say so; the rows themselves follow.
 *
 * @returns how many pending deliveries that concerns.
 */
export async function cancelAll(trx: Knex.Transaction, cancellations: Cancellation[]): Promise<number> {
  let count = 0;
  for (const { subscriptionId, topic, eventTenantId, reason } of cancellations) {
    const pending = await trx.raw<{ rows: { count: number }[] }>(
      `SELECT count(*)::int AS count FROM deliveries d
       WHERE d.subscription_id = ? AND d.state = 'pending' AND ${NOT_CANCELLED}
         AND (?::text IS NULL OR d.topic = ?) AND (?::text IS NULL OR d.event_tenant_id = ?)`,
      [subscriptionId, topic ?? null, topic ?? null, eventTenantId ?? null, eventTenantId ?? null],
    );
    count += pending.rows[0]?.count ?? 0;
    await trx('cancellations').insert({
      id: uuidv7(),
      subscription_id: subscriptionId,
      topic: topic ?? null,
      event_tenant_id: eventTenantId ?? null,
      reason,
      // Not now(): that is when this transaction began, and what was accepted since then is cancelled too.
      at: trx.raw('clock_timestamp()'),
    });
  }
  return count;
}
