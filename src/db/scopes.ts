import type { Knex } from 'knex';
import type { Scope } from '../domain/scope';

/** Narrows a query of a table that has tenant_id and app_id. */
export function inScope(query: Knex.QueryBuilder, scope: Scope): void {
  if (scope.kind !== 'all') query.where('tenant_id', scope.tenantId);
  if (scope.kind === 'app') query.where('app_id', scope.appId);
}

/** A condition with its values, in the order of its question marks. */
export interface Condition {
  sql: string;
  values: readonly (string | number)[];
}

/** The same as text, for a table under an alias. */
export function scopeCondition(scope: Scope, alias: string): Condition {
  switch (scope.kind) {
    case 'all':
      return { sql: 'true', values: [] };
    case 'tenant':
      return { sql: `${alias}.tenant_id = ?`, values: [scope.tenantId] };
    case 'app':
      return { sql: `${alias}.tenant_id = ? AND ${alias}.app_id = ?`, values: [scope.tenantId, scope.appId] };
  }
}
