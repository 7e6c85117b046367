import type { Knex } from 'knex';
import type { AppId } from '../apps';

/** Where messages to an app's portal users go, and whether it has any. */
export interface PortalApp {
  callbackUrl: string | null;
  /** There is a live key with a subject, or something that one has subscribed to. */
  hasUsers: boolean;
  /** The one subscription that its messages go through, and where that one calls. */
  subscription: { id: string; callbackUrl: string } | null;
}

/** null when there is no such app. */
export async function readPortalApp(db: Knex, { tenantId, appId }: AppId): Promise<PortalApp | null> {
  const { rows } = await db.raw<{
    rows: { callback_url: string | null; has_users: boolean; id: string | null; calls: string }[];
  }>(
    `SELECT a.callback_url, s.id, s.callback_url AS calls, EXISTS (
       SELECT FROM keys k WHERE k.tenant_id = a.tenant_id AND k.app_id = a.id AND k.subject IS NOT NULL
         AND k.revoked_at IS NULL
     ) OR EXISTS (
       SELECT FROM portal_subscriptions p WHERE p.tenant_id = a.tenant_id AND p.app_id = a.id) AS has_users
     FROM apps a
     LEFT JOIN subscriptions s ON s.tenant_id = a.tenant_id AND s.app_id = a.id AND s.interface = 'portal'
       AND s.state <> 'deleted'
     WHERE a.tenant_id = ? AND a.id = ?`,
    [tenantId, appId],
  );
  const [row] = rows;
  if (!row) return null;
  return {
    callbackUrl: row.callback_url,
    hasUsers: row.has_users,
    subscription: row.id === null ? null : { id: row.id, callbackUrl: row.calls },
  };
}
