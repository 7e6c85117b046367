import type { Knex } from 'knex';

/** What names an app: its id is unique inside its tenant only. */
export interface AppId {
  tenantId: string;
  appId: string;
}

export interface App {
  tenantId: string;
  id: string;
  name: string;
  callbackUrl: string | null;
  createdAt: Date;
}

interface AppRow {
  tenant_id: string;
  id: string;
  name: string;
  callback_url: string | null;
  created_at: Date;
}

function toApp(row: AppRow): App {
  return {
    tenantId: row.tenant_id,
    id: row.id,
    name: row.name,
    callbackUrl: row.callback_url,
    createdAt: row.created_at,
  };
}

/**
 * null when the id is taken.
 *
 * @throws the foreign key's violation when there is no such tenant.
 */
export async function insertApp(db: Knex, app: Omit<App, 'createdAt'>): Promise<App | null> {
  const [row] = await db<AppRow>('apps')
    .insert({ tenant_id: app.tenantId, id: app.id, name: app.name, callback_url: app.callbackUrl })
    .onConflict(['tenant_id', 'id'])
    .ignore()
    .returning('*');
  return row ? toApp(row) : null;
}

/** Fields that are undefined stay. null when there is no such app. */
export async function updateApp(
  db: Knex,
  { tenantId, appId }: AppId,
  change: { name?: string; callbackUrl?: string | null },
): Promise<App | null> {
  const [row] = await db<AppRow>('apps')
    .where({ tenant_id: tenantId, id: appId })
    // The id to itself, so that a change of nothing is an UPDATE too.
    .update({ id: appId, name: change.name, callback_url: change.callbackUrl })
    .returning('*');
  return row ? toApp(row) : null;
}

/**
 * What subscriptions and grants of an app write depends on each other: each grant gives selectors to every
 * subscription, each subscription one set per grant. Who writes a subscription takes `share`, who writes a grant
 * `exclusive`, before anything else; both then see what the other has committed.
 *
 * @returns whether there is such an app.
 */
export async function lockApp(trx: Knex.Transaction, app: AppId, strength: 'share' | 'exclusive'): Promise<boolean> {
  const rows = await trx<AppRow>('apps')
    .where({ tenant_id: app.tenantId, id: app.appId })
    .select('id')
    .modify((query) => (strength === 'share' ? query.forKeyShare() : query.forUpdate()));
  return rows.length > 0;
}

export async function findApp(db: Knex, { tenantId, appId }: AppId): Promise<App | null> {
  const row = await db<AppRow>('apps').where({ tenant_id: tenantId, id: appId }).first();
  return row ? toApp(row) : null;
}

export async function appExists(db: Knex, { tenantId, appId }: AppId): Promise<boolean> {
  return (await db<AppRow>('apps').where({ tenant_id: tenantId, id: appId }).first('id')) !== undefined;
}

export interface AppQuery {
  /** null: of all. */
  tenantId: string | null;
  /** Tenant and id of the last one seen. */
  after: readonly [string, string] | null;
  limit: number;
}

/** Ascending by tenant and id. */
export async function listApps(db: Knex, { tenantId, after, limit }: AppQuery): Promise<App[]> {
  const rows = await db<AppRow>('apps')
    .modify((query) => tenantId !== null && query.where({ tenant_id: tenantId }))
    .modify((query) => after !== null && query.whereRaw('(tenant_id, id) > (?, ?)', [...after]))
    .orderBy(['tenant_id', 'id'])
    .limit(limit);
  return rows.map(toApp);
}
