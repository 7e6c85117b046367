import type { Knex } from 'knex';
import { type Actor, currentActor } from './actor';

export type AuditedObject =
  | 'app'
  | 'delivery'
  | 'grant'
  | 'key'
  | 'lane'
  | 'portal_subscription'
  | 'secret'
  | 'subscription'
  | 'target_type'
  | 'tenant'
  | 'topic';

/** A change, without secrets, payloads, or callbacks' paths, which can hold a token. */
export interface Change {
  object: AuditedObject;
  id: string;
  /** The tenant that it concerns; null: the installation. A subscription's is looked up. */
  of: { tenantId: string | null } | { subscriptionId: string };
  change?: Readonly<Record<string, unknown>>;
}

export interface AuditRecord extends Omit<Change, 'of'>, Omit<Actor, 'onAudited'> {
  tenantId: string | null;
}

/** A record of a change to a thousand topics names its fields instead of them. */
const MAX_CHANGE_CHARS = 2048;

/**
 * Records a change in its own transaction, so that there is neither one without the other; logged after the commit. Every
 * act of a caller is recorded once, where its transaction is written (test/integration/security/audit.test.ts).
 */
export async function audit(trx: Knex.Transaction, { object, id, of, change }: Change): Promise<void> {
  const { onAudited, ...actor } = currentActor();
  const bounded = change && inBounds(change);
  const [tenantId, subscriptionId] = 'tenantId' in of ? [of.tenantId, null] : [null, of.subscriptionId];
  const { rows } = await trx.raw<{ rows: { tenant_id: string | null }[] }>(
    `INSERT INTO audit (key_id, key_tenant_id, route, request_id, object_type, object_id, change, tenant_id)
     VALUES (?, ?, ?, ?, ?, ?, ?::jsonb, coalesce(?, (SELECT tenant_id FROM subscriptions WHERE id = ?::uuid)))
     RETURNING tenant_id`,
    [
      actor.keyId,
      actor.keyTenantId,
      actor.route,
      actor.requestId,
      object,
      id,
      bounded ? JSON.stringify(bounded) : null,
      tenantId,
      subscriptionId,
    ],
  );
  const record = { ...actor, object, id, change: bounded, tenantId: rows[0]?.tenant_id ?? null };
  trx.executionPromise.then(
    () => onAudited(record),
    () => undefined,
  );
}

function inBounds(change: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (JSON.stringify(change).length <= MAX_CHANGE_CHARS) return change;
  return { fields: Object.keys(change) };
}
