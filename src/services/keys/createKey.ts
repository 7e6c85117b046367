import type { Knex } from 'knex';
import type { Role } from '../../contracts/states';
import { insertKey } from '../../db/keys';
import { violates } from '../../db/violations';
import { type Caller, hasRole } from '../caller';
import { notFound, Refusal } from '../errors';
import { formatKey, hashSecret, newKeyParts } from './secret';

export interface CreateKeyInput {
  /** An operator; one of a tenant makes keys of that tenant only. */
  caller: Caller;
  tenantId?: string | null;
  appId?: string | null;
  roles: readonly Role[];
  /** The portal user that the key stands for. */
  subject?: string | null;
}

/**
 * Makes a key and answers it this once: only the hash of its secret is kept.
 *
 * @throws Refusal 400 when roles, tenant, app and subject do not go together; 403 beyond the caller's tenant;
 * 404 for an unknown tenant or app.
 */
export async function createKey(db: Knex, input: CreateKeyInput): Promise<{ id: string; key: string }> {
  checkNewKey(input);
  const { tenantId = null, appId = null, subject = null } = input;
  const roles = [...new Set(input.roles)];
  const parts = newKeyParts();
  try {
    await insertKey(db, { id: parts.id, tenantId, appId, roles, subject, secretHash: hashSecret(parts.secret) });
  } catch (error) {
    if (violates(error, 'keys_tenant_id_fkey')) throw notFound('tenant');
    if (violates(error, 'keys_tenant_id_app_id_fkey')) throw notFound('app');
    throw error;
  }
  return { id: parts.id, key: formatKey(parts) };
}

/** @throws Refusal 400 and 403 as createKey does. */
export function checkNewKey({ caller, tenantId = null, appId = null, subject = null, roles }: CreateKeyInput): void {
  if (!hasRole(caller, 'operator')) throw new Refusal(403, 'only operators make keys');
  if (caller.tenantId !== null) checkInsideTenant({ ownTenantId: caller.tenantId, tenantId, roles });
  checkCombination({ tenantId, appId, roles, subject });
}

function checkInsideTenant(key: { ownTenantId: string; tenantId: string | null; roles: readonly Role[] }): void {
  if (key.tenantId !== key.ownTenantId)
    throw new Refusal(403, "keys can be made for the operator's own tenant only", 'tenantId');
  // A platform key publishes for every tenant, so it is more than an operator of one may give.
  if (key.roles.includes('platform'))
    throw new Refusal(403, 'an operator of one tenant cannot make platform keys', 'roles');
}

function checkCombination(key: {
  tenantId: string | null;
  appId: string | null;
  roles: readonly Role[];
  subject: string | null;
}): void {
  if (key.roles.length === 0) throw new Refusal(400, 'at least one role is needed', 'roles');
  if (key.appId !== null && key.tenantId === null)
    throw new Refusal(400, 'an app is named with its tenant', 'tenantId');
  if (key.roles.includes('producer') && key.tenantId === null)
    throw new Refusal(400, 'a producer belongs to a tenant', 'tenantId');
  if (key.roles.includes('subscriber') && key.appId === null)
    throw new Refusal(400, 'a subscriber belongs to an app', 'appId');
  if (key.subject !== null && !key.roles.includes('subscriber'))
    throw new Refusal(400, 'only a subscriber has a subject', 'subject');
}
