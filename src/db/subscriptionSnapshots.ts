import type { InterfaceName, SubscriptionState } from '../contracts/states';
import type { RetryPolicy } from '../domain/retryPolicy';
import type { Database, Statement } from './database';

/** A subscription as attempts need it, secrets still sealed. */
export interface SubscriptionSnapshot {
  id: string;
  version: number;
  interface: InterfaceName;
  tenantId: string;
  appId: string;
  callbackUrl: string;
  timeoutMs: number;
  retry: RetryPolicy;
  maxInFlight: number;
  /** What its interface alone understands. */
  interfaceData: Record<string, unknown>;
  state: SubscriptionState;
  /** Newest first; perhaps with some that expired already. */
  secrets: SealedSecret[];
}

export interface SealedSecret {
  ciphertext: Buffer;
  keyId: string;
  /** Milliseconds since 1970, database clock; null: the current one. */
  expiresAtMs: number | null;
}

interface SnapshotRow {
  id: string;
  version: string;
  interface: InterfaceName;
  tenant_id: string;
  app_id: string;
  callback_url: string;
  timeout_ms: number;
  retry: RetryPolicy;
  max_in_flight: number;
  interface_data: Record<string, unknown>;
  state: SubscriptionState;
  secrets: { ciphertext: string; keyId: string; expiresAtMs: number | null }[];
}

const SNAPSHOTS: Statement = {
  name: 'subscription_snapshots',
  text: `
SELECT s.id, s.version, s.interface, s.tenant_id, s.app_id, s.callback_url, s.timeout_ms, s.retry, s.max_in_flight,
       s.interface_data, s.state, coalesce(x.secrets, '[]') AS secrets
FROM subscriptions s
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_object(
           'ciphertext', encode(ciphertext, 'base64'),
           'keyId', secret_key_id,
           'expiresAtMs', (extract(epoch FROM expires_at) * 1000)::float8) ORDER BY id DESC) AS secrets
  FROM subscription_secrets WHERE subscription_id = s.id
) x ON true
WHERE s.id = ANY($1::uuid[])`,
};

/** In one query, in no order; ids that are unknown have no entry, deleted subscriptions have one. */
export async function loadSubscriptionSnapshots(db: Database, ids: string[]): Promise<SubscriptionSnapshot[]> {
  const rows = await db.run<SnapshotRow>(SNAPSHOTS, [ids]);
  return rows.map((row) => ({
    id: row.id,
    version: Number(row.version),
    interface: row.interface,
    tenantId: row.tenant_id,
    appId: row.app_id,
    callbackUrl: row.callback_url,
    timeoutMs: row.timeout_ms,
    retry: row.retry,
    maxInFlight: row.max_in_flight,
    interfaceData: row.interface_data,
    state: row.state,
    secrets: row.secrets.map((secret) => ({ ...secret, ciphertext: Buffer.from(secret.ciphertext, 'base64') })),
  }));
}
