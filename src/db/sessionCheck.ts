import { Client } from 'pg';
import { refuseServerVersion } from './serverVersion';
import { SessionRefused } from './session';

const CONNECT_WITHIN_MS = 10_000;
/** Two could meet by chance the server connections that they had before; three in different orders do not. */
const CLIENTS = 3;

/** The sentences that stop the start. */
const SHARED_SESSIONS =
  'DATABASE_URL leads to a pooler that gives one server connection to several clients in turn (PgBouncer with pool_mode = ' +
  'transaction or statement). Settings and prepared statements would not hold there: use pool_mode = session, or connect ' +
  'to PostgreSQL itself.';
const NO_SCHEMA =
  'the search_path of the database role names no schema that exists: set it with ALTER ROLE … SET search_path = public.';

/**
 * Looks at the server before anything is written to it.
 *
 * @returns the schema that holds the tables, or is to hold them.
 * @throws SessionRefused when the server is too old, sessions are shared by a pooler, or the role's search_path leads
 * away from the tables.
 */
export async function checkSessions(url: string): Promise<{ schema: string }> {
  const clients = Array.from(
    { length: CLIENTS },
    () =>
      new Client({
        connectionString: url,
        connectionTimeoutMillis: CONNECT_WITHIN_MS,
        query_timeout: CONNECT_WITHIN_MS,
      }),
  );
  // A connection that breaks rejects its statement too, which is where it is reported.
  for (const client of clients) client.on('error', () => undefined);
  try {
    for (const client of clients) await client.connect();
    await requireVersion(clients[0] as Client);
    await requireOwnSessions(clients);
    return { schema: await schemaOf(clients[0] as Client) };
  } finally {
    await Promise.allSettled(clients.map((client) => client.end()));
  }
}

async function requireVersion(client: Client): Promise<void> {
  const { rows } = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  const refusal = refuseServerVersion(rows[0]?.version ?? 0);
  if (refusal !== null) throw new SessionRefused(refusal);
}

/** Each client leaves a mark in its session. Then all hold a transaction at once and look for their marks. */
async function requireOwnSessions(clients: Client[]): Promise<void> {
  for (const [mark, client] of clients.entries()) {
    await client.query("SELECT set_config('postrider.session', $1, false)", [String(mark)]);
  }
  for (const [mark, client] of [...clients.entries()].reverse()) {
    await client.query('BEGIN').catch((error: unknown) => {
      // PgBouncer's own words in statement mode; any other error is not about sessions.
      throw error instanceof Error && /statement pooling/.test(error.message)
        ? new SessionRefused(SHARED_SESSIONS)
        : error;
    });
    const { rows } = await client.query<{ mark: string | null }>(
      "SELECT current_setting('postrider.session', true) AS mark",
    );
    if (rows[0]?.mark !== String(mark)) throw new SessionRefused(SHARED_SESSIONS);
  }
  for (const client of clients) await client.query('ROLLBACK');
}

/** Every connection keeps to this schema, so that a search_path that is changed later does not lead to other tables. */
async function schemaOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ schema: string | null; installed: string[] }>(
    `SELECT current_schema() AS schema, ARRAY(
       SELECT n.nspname::text FROM pg_namespace n
       WHERE (SELECT count(*) FROM pg_class c
              WHERE c.relnamespace = n.oid AND c.relname IN ('knex_migrations', 'deliveries', 'lanes')) = 3
       ORDER BY 1) AS installed`,
  );
  const schema = rows[0]?.schema ?? null;
  const installed = rows[0]?.installed ?? [];
  if (schema === null) throw new SessionRefused(NO_SCHEMA);
  if (installed.length > 0 && !installed.includes(schema)) {
    throw new SessionRefused(
      `the search_path of the database role leads to the schema "${schema}", but the tables are in "${installed.join('", "')}": ` +
        'set it with ALTER ROLE … SET search_path, or use a database of its own.',
    );
  }
  return schema;
}
