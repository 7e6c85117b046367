import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';

/** A signing secret as it is stored; `expiresAt` null: the current one, of which a subscription has one. */
export interface StoredSecret {
  ciphertext: Buffer;
  keyId: string;
  expiresAt: Date | null;
}

interface SecretRow {
  id: string;
  subscription_id: string;
  ciphertext: Buffer;
  secret_key_id: string;
  created_at: Date;
  expires_at: Date | null;
}

export async function insertSecret(
  db: Knex,
  { subscriptionId, ciphertext, keyId }: { subscriptionId: string; ciphertext: Buffer; keyId: string },
): Promise<void> {
  await db<SecretRow>('subscription_secrets').insert({
    id: uuidv7(),
    subscription_id: subscriptionId,
    ciphertext,
    secret_key_id: keyId,
  });
}

/** The current one first, then by when they expire, the latest first. */
export async function listLiveSecrets(db: Knex, subscriptionId: string): Promise<StoredSecret[]> {
  const rows = await db<SecretRow>('subscription_secrets')
    .where({ subscription_id: subscriptionId })
    .whereRaw('(expires_at IS NULL OR expires_at > now())')
    .orderByRaw('(expires_at IS NULL) DESC, id DESC');
  return rows.map((row) => ({ ciphertext: row.ciphertext, keyId: row.secret_key_id, expiresAt: row.expires_at }));
}

/** The current secret expires after `overlapSeconds`; those that have expired before go. */
export async function retireSecrets(
  trx: Knex.Transaction,
  { subscriptionId, overlapSeconds }: { subscriptionId: string; overlapSeconds: number },
): Promise<void> {
  await trx<SecretRow>('subscription_secrets')
    .where({ subscription_id: subscriptionId })
    .whereNull('expires_at')
    .update({ expires_at: trx.raw("now() + ? * interval '1 second'", [overlapSeconds]) });
  await trx<SecretRow>('subscription_secrets')
    .where({ subscription_id: subscriptionId })
    .whereRaw('expires_at <= now()')
    .delete();
}

/** Ids of the keys that stored secrets are sealed with, but for `keyId`: with any, `keyId` is the wrong key. */
export async function otherSecretKeyIds(db: Knex, keyId: string): Promise<string[]> {
  const rows = await db<SecretRow>('subscription_secrets').distinct('secret_key_id').whereNot({ secret_key_id: keyId });
  return rows.map((row) => row.secret_key_id);
}
