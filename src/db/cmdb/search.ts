import type { Knex } from 'knex';
import type { Confirmation } from '../../domain/cmdbConfirmation';
import type { Scope } from '../../domain/scope';
import { readDeliveryTotals } from '../deliveryTotals';
import { type Condition, scopeCondition } from '../scopes';
import type { CmdbPlace } from './registrations';

/** A subscription as its list shows it. */
export interface CmdbSubscription {
  number: number;
  name: string;
  systemName: string;
  callbackUrl: string;
  confirmMode: Confirmation['confirmMode'];
  confirmPattern: string;
  topics: string[];
  timeoutMs: number;
  changedAt: Date;
  operator: string;
  finishedDeliveries: number;
  failedDeliveries: number;
}

/** In an order that does not depend on the database's locale. */
const SORTED_BY = {
  number: 'c.number',
  name: 'c.name COLLATE "C"',
  systemName: 'c.system_name COLLATE "C"',
  callbackUrl: 'c.callback_url COLLATE "C"',
  confirmMode: `(s.interface_data ->> 'confirmMode') COLLATE "C"`,
  confirmPattern: `(s.interface_data ->> 'confirmPattern') COLLATE "C"`,
  topics: `array_to_string(s.topics, ',') COLLATE "C"`,
  timeoutMs: 's.timeout_ms',
  changedAt: 'c.changed_at',
  operator: 'c.operator COLLATE "C"',
} as const;
export type CmdbSortKey = keyof typeof SORTED_BY;

export interface CmdbSearch extends CmdbPlace {
  scope: Scope;
  start: number;
  limit: number;
  sort: { by: CmdbSortKey; descending: boolean };
  /** Equality; undefined: any. */
  condition: { name?: string; systemName?: string; callbackUrl?: string };
}

type Row = Omit<CmdbSubscription, 'number' | 'finishedDeliveries' | 'failedDeliveries'> & {
  id: string;
  number: string;
};

/** One page of those in scope; equal ones by number. */
export async function searchSubscriptions(db: Knex, search: CmdbSearch): Promise<CmdbSubscription[]> {
  const { start, limit, sort } = search;
  const wanted = conditionOf(search);
  const direction = sort.descending ? 'DESC' : 'ASC';
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT s.id, c.number, c.name, c.system_name AS "systemName", c.callback_url AS "callbackUrl",
            s.interface_data ->> 'confirmMode' AS "confirmMode", s.interface_data ->> 'confirmPattern' AS "confirmPattern",
            s.topics, s.timeout_ms AS "timeoutMs", c.changed_at AS "changedAt", c.operator
     FROM cmdb_subscriptions c JOIN subscriptions s ON s.id = c.subscription_id
     WHERE ${wanted.sql} ORDER BY ${SORTED_BY[sort.by]} ${direction}, c.number ${direction} LIMIT ? OFFSET ?`,
    [...wanted.values, limit, start],
  );
  const ids = rows.map(({ id }) => id);
  const totals = ids.length > 0 ? await readDeliveryTotals(db, ids) : new Map();
  return rows.map(({ id, number, ...row }) => {
    const { finished = 0, failed = 0 } = totals.get(id) ?? {};
    return { ...row, number: Number(number), finishedDeliveries: finished, failedDeliveries: failed };
  });
}

function conditionOf({ tenantId, bizId, scope, condition }: CmdbSearch): Condition {
  const equal: [string, string | number | undefined][] = [
    ['c.tenant_id', tenantId],
    ['c.biz_id', bizId],
    ['c.name', condition.name],
    ['c.system_name', condition.systemName],
    ['c.callback_url', condition.callbackUrl],
  ];
  const given = equal.flatMap(([column, value]) => (value === undefined ? [] : [{ sql: `${column} = ?`, value }]));
  const inScope = scopeCondition(scope, 's');
  return {
    sql: [...given.map(({ sql }) => sql), inScope.sql].join(' AND '),
    values: [...given.map(({ value }) => value), ...inScope.values],
  };
}
