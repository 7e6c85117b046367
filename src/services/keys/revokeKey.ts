import type { Knex } from 'knex';
import { markKeyRevoked } from '../../db/keys';
import { type Caller, hasRole } from '../caller';
import { notFound, Refusal } from '../errors';

/**
 * In force at once in the database, and everywhere within the 5 s that keys are cached. Twice is once.
 *
 * @throws Refusal 404 for an unknown id, or one of another tenant than the operator's.
 */
export async function revokeKey(db: Knex, { caller, id }: { caller: Caller; id: string }): Promise<void> {
  if (!hasRole(caller, 'operator')) throw new Refusal(403, 'only operators revoke keys');
  if (!(await markKeyRevoked(db, { id, tenantId: caller.tenantId }))) throw notFound('key');
}
