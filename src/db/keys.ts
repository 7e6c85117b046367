import type { Knex } from 'knex';
import type { Role } from '../contracts/states';
import { recordSteeredPages } from './portal/steeredPages';
import type { SteeringTransaction } from './steerings';

/** A key as lists show it: without the hash of its secret. */
export interface Key {
  id: string;
  /** null: of the installation. */
  tenantId: string | null;
  appId: string | null;
  roles: Role[];
  subject: string | null;
  createdAt: Date;
  revokedAt: Date | null;
}

export interface StoredKey extends Key {
  /** SHA-256 of the secret part. */
  secretHash: Buffer;
}

interface KeyRow {
  id: string;
  tenant_id: string | null;
  app_id: string | null;
  roles: Role[];
  subject: string | null;
  secret_hash: Buffer;
  created_at: Date;
  revoked_at: Date | null;
}

function toStoredKey(row: KeyRow): StoredKey {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    appId: row.app_id,
    roles: row.roles,
    subject: row.subject,
    secretHash: row.secret_hash,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  };
}

function toKey(row: KeyRow): Key {
  const { secretHash: _, ...key } = toStoredKey(row);
  return key;
}

export type NewKey = Omit<StoredKey, 'createdAt' | 'revokedAt'>;

function toRow({ id, tenantId, appId, roles, subject, secretHash }: NewKey): Partial<KeyRow> {
  return { id, tenant_id: tenantId, app_id: appId, roles, subject, secret_hash: secretHash };
}

/** @throws the foreign key's violation when there is no such tenant or app. */
export async function insertKey(db: Knex, key: NewKey): Promise<void> {
  await db<KeyRow>('keys').insert(toRow(key));
}

export async function findKey(db: Knex, id: string): Promise<StoredKey | null> {
  const row = await db<KeyRow>('keys').where({ id }).first();
  return row ? toStoredKey(row) : null;
}

/** Those of them that there are. */
export async function findKeys(db: Knex, ids: readonly string[]): Promise<StoredKey[]> {
  const rows = await db<KeyRow>('keys').whereRaw('id = ANY(?)', [[...ids]]);
  return rows.map(toStoredKey);
}

/**
 * Revoking twice is once: the first time stays. `tenantId` null: of any tenant. Without its key a portal user is told
 * nothing by default.
 *
 * @returns null when there is no such key.
 */
export async function markKeyRevoked(
  trx: SteeringTransaction,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<{ tenantId: string | null; isFirst: boolean } | null> {
  const [key] = await trx<KeyRow>('keys')
    .where({ id })
    .modify((query) => tenantId !== null && query.where({ tenant_id: tenantId }))
    .update({ revoked_at: trx.raw('coalesce(revoked_at, now())') })
    .returning<RevokedRow[]>(['tenant_id', 'app_id', 'subject', trx.raw('revoked_at = now() AS is_first')]);
  if (!key) return null;
  if (key.tenant_id !== null && key.subject !== null) {
    await recordSteeredPages(trx, { tenantId: key.tenant_id, appId: key.app_id });
  }
  return { tenantId: key.tenant_id, isFirst: key.is_first };
}

type RevokedRow = Pick<KeyRow, 'tenant_id' | 'app_id' | 'subject'> & { is_first: boolean };

/** Makes the key, or gives the one of this id its new secret. One with this very secret stays as it is, also revoked. */
export async function upsertOperatorKey(db: Knex, key: NewKey): Promise<void> {
  await db.raw(
    `INSERT INTO keys (id, roles, secret_hash) VALUES (?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET secret_hash = excluded.secret_hash, revoked_at = NULL
     WHERE keys.secret_hash <> excluded.secret_hash AND keys.tenant_id IS NULL AND keys.roles = excluded.roles`,
    [key.id, key.roles, key.secretHash],
  );
}

/** Ascending by id. `tenantId` null: of all tenants, and those of none. */
export async function listKeys(
  db: Knex,
  { tenantId, after, limit }: { tenantId: string | null; after: string | null; limit: number },
): Promise<Key[]> {
  const rows = await db<KeyRow>('keys')
    .modify((query) => tenantId !== null && query.where({ tenant_id: tenantId }))
    .modify((query) => after !== null && query.where('id', '>', after))
    .orderBy('id')
    .limit(limit);
  return rows.map(toKey);
}
