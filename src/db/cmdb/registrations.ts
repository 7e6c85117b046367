import type { Knex } from 'knex';
import type { Scope } from '../../domain/scope';
import { scopeCondition } from '../scopes';
import { violates } from '../violations';

/** A business inside the tenant that a supplier account is. */
export interface CmdbPlace {
  tenantId: string;
  bizId: number;
}

/** What the CMDB keeps beside a subscription. */
export interface CmdbSettings {
  /** One of its kind among the living ones of a business. */
  name: string;
  systemName: string;
  /** As it was given, perhaps without a scheme. */
  callbackUrl: string;
  /** Who makes or changes it; null: the name of its app. */
  operator: string | null;
}

/** Another living subscription of the business has this name. */
export class NameTaken extends Error {}

const APP_NAME =
  '(SELECT a.name FROM apps a JOIN subscriptions s ON s.tenant_id = a.tenant_id AND s.app_id = a.id WHERE s.id = ?)';

/** @returns its number on the wire. @throws NameTaken. */
export async function insertRegistration(
  trx: Knex.Transaction,
  { subscriptionId, tenantId, bizId, ...settings }: CmdbPlace & CmdbSettings & { subscriptionId: string },
): Promise<number> {
  const { name, systemName, callbackUrl, operator } = settings;
  const { rows } = await orNameTaken(
    trx.raw<{ rows: { number: string }[] }>(
      `INSERT INTO cmdb_subscriptions (subscription_id, tenant_id, biz_id, name, system_name, callback_url, operator)
       VALUES (?, ?, ?, ?, ?, ?, coalesce(?, ${APP_NAME})) RETURNING number`,
      [subscriptionId, tenantId, bizId, name, systemName, callbackUrl, operator, subscriptionId],
    ),
  );
  return Number(rows[0]?.number);
}

/** Its subscription is locked. @throws NameTaken. */
export async function updateRegistration(
  trx: Knex.Transaction,
  { subscriptionId, name, systemName, callbackUrl, operator }: CmdbSettings & { subscriptionId: string },
): Promise<void> {
  await orNameTaken(
    trx.raw(
      `UPDATE cmdb_subscriptions
       SET name = ?, system_name = ?, callback_url = ?, operator = coalesce(?, ${APP_NAME}), changed_at = now()
       WHERE subscription_id = ?`,
      [name, systemName, callbackUrl, operator, subscriptionId, subscriptionId],
    ),
  );
}

async function orNameTaken<T>(written: PromiseLike<T>): Promise<T> {
  try {
    return await written;
  } catch (error) {
    throw violates(error, 'cmdb_subscriptions_name') ? new NameTaken() : error;
  }
}

/** Its name is free again, its number is never given again. */
export async function deleteRegistration(trx: Knex.Transaction, subscriptionId: string): Promise<void> {
  await trx('cmdb_subscriptions').where({ subscription_id: subscriptionId }).delete();
}

/** The living subscription of this number in the business, if it is in scope. */
export async function findRegistration(
  db: Knex,
  { number, tenantId, bizId, scope }: CmdbPlace & { number: number; scope: Scope },
): Promise<{ subscriptionId: string; appId: string } | null> {
  const inScope = scopeCondition(scope, 's');
  const { rows } = await db.raw<{ rows: { subscriptionId: string; appId: string }[] }>(
    `SELECT s.id AS "subscriptionId", s.app_id AS "appId"
     FROM cmdb_subscriptions c JOIN subscriptions s ON s.id = c.subscription_id
     WHERE c.number = ? AND c.tenant_id = ? AND c.biz_id = ? AND ${inScope.sql}`,
    [number, tenantId, bizId, ...inScope.values],
  );
  return rows[0] ?? null;
}
