import type { Knex } from 'knex';
import type { AppId } from './apps';

/** Which events match a subscription: every selector in each of the tenants. Replaces what it had. */
export async function replaceSelectors(
  trx: Knex.Transaction,
  { subscriptionId, tenantIds, selectors }: { subscriptionId: string; tenantIds: string[]; selectors: string[] },
): Promise<void> {
  await deleteSelectors(trx, subscriptionId);
  await trx.raw(
    `INSERT INTO subscription_selectors (tenant_id, selector, subscription_id)
     SELECT tenant_id, selector, ?::uuid FROM unnest(?::text[]) AS tenant_id, unnest(?::text[]) AS selector`,
    [subscriptionId, tenantIds, selectors],
  );
}

/** It matches nothing from now on. */
export async function deleteSelectors(trx: Knex.Transaction, subscriptionId: string): Promise<void> {
  await trx('subscription_selectors').where({ subscription_id: subscriptionId }).delete();
}

/** What the app's subscriptions match in their own tenant, they match in the granting one too. */
export async function insertGrantSelectors(trx: Knex.Transaction, app: AppId, grantingTenantId: string): Promise<void> {
  await trx.raw(
    `INSERT INTO subscription_selectors (tenant_id, selector, subscription_id)
     SELECT ?, x.selector, x.subscription_id
     FROM subscriptions s JOIN subscription_selectors x ON x.subscription_id = s.id AND x.tenant_id = s.tenant_id
     WHERE s.tenant_id = ? AND s.app_id = ?`,
    [grantingTenantId, app.tenantId, app.appId],
  );
}

export async function deleteGrantSelectors(trx: Knex.Transaction, app: AppId, grantingTenantId: string): Promise<void> {
  await trx.raw(
    `DELETE FROM subscription_selectors x USING subscriptions s
     WHERE x.subscription_id = s.id AND x.tenant_id = ? AND s.tenant_id = ? AND s.app_id = ?`,
    [grantingTenantId, app.tenantId, app.appId],
  );
}
