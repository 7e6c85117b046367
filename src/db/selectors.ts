import type { Knex } from 'knex';
import type { AppId } from './apps';

/** What a subscription matches, and the topic of the lane that it joins: '' where the subscription is not ordered. */
export interface Selector {
  selector: string;
  laneTopic: string;
}

/**
 * Which events match a subscription: every selector in each of the tenants. Replaces what it had; its lanes are there. What
 * it had already stays as it is: written anew, it would not match events whose fan-out is under way.
 */
export async function replaceSelectors(
  trx: Knex.Transaction,
  { subscriptionId, tenantIds, selectors }: { subscriptionId: string; tenantIds: string[]; selectors: Selector[] },
): Promise<void> {
  const wanted = `SELECT tenant_id, x.selector, l.subscription_id, l.id AS lane_id, l.topic <> '' AS ordered
     FROM unnest(?::text[]) AS tenant_id, unnest(?::text[], ?::text[]) AS x(selector, lane_topic)
     JOIN lanes l ON l.subscription_id = ? AND l.topic = x.lane_topic`;
  const values = [tenantIds, selectors.map((s) => s.selector), selectors.map((s) => s.laneTopic), subscriptionId];
  await trx.raw(
    `DELETE FROM subscription_selectors WHERE subscription_id = ?
       AND (tenant_id, selector, lane_id) NOT IN (SELECT tenant_id, selector, lane_id FROM (${wanted}) w)`,
    [subscriptionId, ...values],
  );
  await trx.raw(
    `INSERT INTO subscription_selectors (tenant_id, selector, subscription_id, lane_id, ordered) ${wanted}
     ON CONFLICT (tenant_id, selector, subscription_id) DO NOTHING`,
    values,
  );
}

/** It matches nothing from now on. */
export async function deleteSelectors(trx: Knex.Transaction, subscriptionId: string): Promise<void> {
  await trx('subscription_selectors').where({ subscription_id: subscriptionId }).delete();
}

/** What the app's subscriptions match in their own tenant, they match in the granting one too. */
export async function insertGrantSelectors(trx: Knex.Transaction, app: AppId, grantingTenantId: string): Promise<void> {
  await trx.raw(
    `INSERT INTO subscription_selectors (tenant_id, selector, subscription_id, lane_id, ordered)
     SELECT ?, x.selector, x.subscription_id, x.lane_id, x.ordered
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
