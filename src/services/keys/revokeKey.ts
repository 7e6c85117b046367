import { audit } from '../../db/audit';
import { markKeyRevoked } from '../../db/keys';
import type { Steer } from '../../db/steerings';
import { type Caller, hasRole } from '../caller';
import { notFound, Refusal } from '../errors';

/**
 * In force at once in the database, and everywhere within the 5 s that keys are cached. Twice is once.
 *
 * @throws Refusal 404 for an unknown id, or one of another tenant than the operator's.
 */
export async function revokeKey(steer: Steer, { caller, id }: { caller: Caller; id: string }): Promise<void> {
  if (!hasRole(caller, 'operator')) throw new Refusal(403, 'only operators revoke keys');
  await steer(async (trx) => {
    const revoked = await markKeyRevoked(trx, { id, tenantId: caller.tenantId });
    if (!revoked) throw notFound('key');
    const { tenantId } = revoked;
    if (revoked.isFirst) await audit(trx, { object: 'key', id, of: { tenantId }, change: { is: 'revoked' } });
  });
}
