import { recordSteering, type SteeringTransaction } from '../steerings';

/**
 * Who is told changes: of one app, or (`appId` null) of every app of the tenant. The recipients of a page are read for each
 * call, so a call whose page was read before this act has to read it again.
 */
export async function recordSteeredPages(
  trx: SteeringTransaction,
  { tenantId, appId }: { tenantId: string; appId: string | null },
): Promise<void> {
  const rows = await trx('subscriptions')
    .where({ tenant_id: tenantId, interface: 'portal' })
    .whereNot({ state: 'deleted' })
    .modify((query) => appId !== null && query.where({ app_id: appId }))
    .select<{ id: string }[]>('id');
  recordSteering(trx, ...rows.map(({ id }) => ({ subscriptionId: id })));
}
