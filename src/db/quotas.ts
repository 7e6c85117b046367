import type { Knex } from 'knex';

/** Names what is counted, and its owner. */
export type Counted =
  | { of: 'subscriptionsPerApp' | 'userKeysPerApp'; tenantId: string; appId: string }
  | { of: 'appsPerTenant' | 'keysPerTenant'; tenantId: string }
  | { of: 'portalSubscriptionsPerUser'; tenantId: string; appId: string | null; subject: string | null }
  | { of: 'repeatableCallsPerApp'; owner: string };

/** Until the transaction ends, nobody else counts the same: of two who add the last one, the second finds the first's. */
export async function lockCount(trx: Knex.Transaction, name: string): Promise<void> {
  await trx.raw('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [`postrider.quota ${name}`]);
}

/** How many there are; counts no further than `most`. Each is an index scan. */
export async function countUpTo(trx: Knex.Transaction, counted: Counted, most: number): Promise<number> {
  const some = rowsOf(trx, counted).select(trx.raw('1')).limit(most);
  const [row] = await trx.from(some.as('some')).count<{ count: string }[]>('* as count');
  return Number(row?.count ?? 0);
}

function rowsOf(trx: Knex.Transaction, counted: Counted): Knex.QueryBuilder {
  switch (counted.of) {
    case 'subscriptionsPerApp':
      return trx('subscriptions')
        .where({ tenant_id: counted.tenantId, app_id: counted.appId })
        .whereNot({ state: 'deleted' });
    case 'appsPerTenant':
      return trx('apps').where({ tenant_id: counted.tenantId });
    case 'keysPerTenant':
      return trx('keys').where({ tenant_id: counted.tenantId, subject: null, revoked_at: null });
    case 'userKeysPerApp':
      return trx('keys')
        .where({ tenant_id: counted.tenantId, app_id: counted.appId, revoked_at: null })
        .whereNotNull('subject');
    case 'portalSubscriptionsPerUser':
      return trx('portal_subscriptions').where({
        tenant_id: counted.tenantId,
        app_id: counted.appId,
        subject: counted.subject,
      });
    case 'repeatableCallsPerApp':
      return trx('first_answers').where({ owner: Buffer.from(counted.owner, 'hex') });
    default:
      return counted satisfies never;
  }
}
