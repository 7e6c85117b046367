import type { Knex } from 'knex';
import { findKey, upsertOperatorKey } from '../../db/keys';
import { hashSecret, parseKey } from './secret';

/**
 * Stores the operator key of the configuration, of no tenant. A changed one is added beside the former, which stays
 * until it is revoked; one that was revoked stays so.
 *
 * @throws Error when the key has not the form of one, or its id is that of another kind of key.
 */
export async function ensureOperatorKey(db: Knex, key: string): Promise<void> {
  const parts = parseKey(key);
  if (!parts) throw new Error('OPERATOR_KEY has not the form pr_<id>_<secret>');
  const secretHash = hashSecret(parts.secret);
  await upsertOperatorKey(db, {
    id: parts.id,
    tenantId: null,
    appId: null,
    roles: ['operator'],
    subject: null,
    secretHash,
  });
  const stored = await findKey(db, parts.id);
  if (!stored?.secretHash.equals(secretHash))
    throw new Error("OPERATOR_KEY has the id of a key that is not the installation's");
}
