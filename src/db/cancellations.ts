import type { Knex } from 'knex';
import type { AppId } from './apps';

/** Times are compared with those of acceptance, which are whole milliseconds. */
const NOW = "date_trunc('milliseconds', clock_timestamp())";

export interface ChangedNames {
  subscriptionId: string;
  tenantId: string;
  /** All that it has from now on. */
  names: string[];
  /** Those of them that it had not. */
  added: string[];
}

/**
 * What is pending of names that a subscription has lost is cancelled: claims refuse it and reads show it so from the commit
 * on, `sweepCancellations` writes the deliveries. The subscription is locked and has its names already.
 */
export async function cancelLostNames(trx: Knex.Transaction, changed: ChangedNames): Promise<void> {
  await trx.raw(
    `INSERT INTO subscription_cancellations AS x (subscription_id, tenant_id, readded) VALUES (?, ?, ${ADDED})
     ON CONFLICT (subscription_id) DO UPDATE
     SET at = clock_timestamp(), pass_at = NULL, swept_to = NULL, readded = ${STILL_READDED} || excluded.readded`,
    [changed.subscriptionId, changed.tenantId, changed.added, changed.names],
  );
}

/** Of names that come back while a cancellation of the subscription is open, what was accepted until now stays cancelled. */
export async function separateAddedNames(trx: Knex.Transaction, changed: ChangedNames): Promise<void> {
  await trx.raw(
    `UPDATE subscription_cancellations x SET readded = ${STILL_READDED} || ${ADDED} WHERE x.subscription_id = ?`,
    [changed.names, changed.added, changed.subscriptionId],
  );
}

/** A value: the names that were added, each with this moment. */
const ADDED = `(SELECT coalesce(jsonb_object_agg(name, ${NOW}), '{}') FROM unnest(?::text[]) AS name)`;
/** A value: the names of `x` that the subscription has still, so that the row is never larger than what it has. */
const STILL_READDED = `(
       SELECT coalesce(jsonb_object_agg(r.key, r.value), '{}') FROM jsonb_each(x.readded) r WHERE r.key = ANY(?::text[]))`;

/** What is pending of a subscription that is deleted is cancelled. */
export async function cancelDeleted(trx: Knex.Transaction, subscriptionId: string): Promise<void> {
  await trx.raw(
    `INSERT INTO subscription_cancellations (subscription_id, tenant_id)
     SELECT id, tenant_id FROM subscriptions WHERE id = ?
     ON CONFLICT (subscription_id) DO UPDATE
     SET at = clock_timestamp(), pass_at = NULL, swept_to = NULL, readded = '{}'`,
    [subscriptionId],
  );
}

/** What is pending of a tenant's events is cancelled for an app whose grant is withdrawn: one row, whatever the app has subscribed. */
export async function cancelWithdrawn(
  trx: Knex.Transaction,
  { tenantId, appId }: AppId,
  eventTenantId: string,
): Promise<void> {
  await trx.raw(
    `INSERT INTO grant_cancellations (tenant_id, app_id, event_tenant_id) VALUES (?, ?, ?)
     ON CONFLICT (tenant_id, app_id, event_tenant_id) DO UPDATE
     SET at = clock_timestamp(), pass_at = NULL, swept_subscription = NULL, swept_to = NULL`,
    [tenantId, appId, eventTenantId],
  );
}
