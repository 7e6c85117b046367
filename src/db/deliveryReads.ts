import type { Knex } from 'knex';
import type { DeliveryState } from '../contracts/states';
import type { Scope } from '../domain/scope';
import { CANCELLED, type Delivery, type DeliveryRow, selectDeliveries, toDelivery } from './deliveryRows';
import { lowestIdAt, partitionOf } from './partitionDays';
import { type Condition, scopeCondition } from './scopes';

export async function findDelivery(db: Knex, { id, scope }: { id: string; scope: Scope }): Promise<Delivery | null> {
  const day = partitionOf(id);
  if (day === null) return null;
  const own = scopeCondition(scope, 'd');
  const { rows } = await db.raw<{ rows: DeliveryRow[] }>(
    `${selectDeliveries('deliveries d')} WHERE d.id = ? AND d.day = ? AND ${own.sql}`,
    [id, day, ...own.values],
  );
  return rows[0] ? toDelivery(rows[0]) : null;
}

export interface DeliveryFilter {
  scope: Scope;
  state?: DeliveryState;
  /** Of the scope: whoever asks has checked that. */
  subscriptionId?: string;
  topic?: string;
  /** Accepted then or later. */
  since?: Date;
  /** Accepted before. */
  until?: Date;
  /** Id of the last one seen. */
  after: string | null;
  limit: number;
}

/**
 * Newest first. An index delivers each case in that order, so that a page costs what is on it: of one subscription,
 * of one app, and of several apps (a tenant's; all when only few rows can match) as a merge of theirs.
 */
export async function listDeliveries(db: Knex, filter: DeliveryFilter): Promise<Delivery[]> {
  const page = pageOf(filter);
  const { rows } = await db.raw<{ rows: DeliveryRow[] }>(
    `WITH page AS MATERIALIZED (${page.sql})
     ${selectDeliveries('page d')} ORDER BY d.id DESC`,
    [...page.values],
  );
  return rows.map(toDelivery);
}

function pageOf(filter: DeliveryFilter): Condition {
  const owners = ownersOf(filter);
  const where = allOf([owners ? { sql: owners.join, values: [] } : ownCondition(filter), ...conditionsOf(filter)]);
  const newest = `SELECT d.* FROM deliveries d WHERE ${where.sql} ORDER BY d.id DESC LIMIT ?`;
  if (!owners) return { sql: newest, values: [...where.values, filter.limit] };
  return {
    sql: `SELECT d.* FROM ${owners.table} o CROSS JOIN LATERAL (${newest}) d
          WHERE ${owners.where.sql} ORDER BY d.id DESC LIMIT ?`,
    values: [...where.values, filter.limit, ...owners.where.values, filter.limit],
  };
}

/** Whose deliveries are merged; null: one index has them all in order. */
function ownersOf({ scope, state, subscriptionId }: DeliveryFilter) {
  if (subscriptionId !== undefined) return null;
  if (state === 'pending' && scope.kind !== 'all') {
    return { table: 'subscriptions', join: 'd.subscription_id = o.id', where: scopeCondition(scope, 'o') };
  }
  if (scope.kind === 'tenant' || (scope.kind === 'all' && state === 'failed')) {
    const join = 'd.tenant_id = o.tenant_id AND d.app_id = o.id';
    return { table: 'apps', join, where: scopeCondition(scope, 'o') };
  }
  return null;
}

function ownCondition({ scope, subscriptionId }: DeliveryFilter): Condition {
  if (subscriptionId === undefined) return scopeCondition(scope, 'd');
  return { sql: 'd.subscription_id = ?', values: [subscriptionId] };
}

function conditionsOf({ state, topic, since, until, after }: DeliveryFilter): Condition[] {
  const conditions: Condition[] = [];
  const add = (sql: string, ...values: string[]) => conditions.push({ sql, values });
  if (state) add(STATE_CONDITIONS[state]);
  if (topic !== undefined) add('d.topic = ?', topic);
  if (since) addBound('>=', lowestIdAt(since));
  if (until) addBound('<', lowestIdAt(until));
  if (after !== null) addBound('<', after);
  return conditions;

  /** The day beside it says which partitions can be left out. */
  function addBound(operator: '>=' | '<', id: string): void {
    add(`d.id ${operator} ?`, id);
    const day = partitionOf(id);
    if (day !== null) add(`d.day ${operator === '<' ? '<=' : operator} ?`, day);
  }
}

function allOf(conditions: Condition[]): Condition {
  return {
    sql: conditions.map(({ sql }) => sql).join(' AND '),
    values: conditions.flatMap(({ values }) => values),
  };
}

/** Written out, not as values: the planner uses a partial index only for a condition that it can see. */
const STATE_CONDITIONS: Record<DeliveryState, string> = {
  pending: `d.state = 'pending' AND NOT ${CANCELLED}`,
  delivered: `d.state = 'delivered'`,
  failed: `d.state = 'failed'`,
  cancelled: `(d.state = 'cancelled' OR (d.state = 'pending' AND ${CANCELLED}))`,
};
