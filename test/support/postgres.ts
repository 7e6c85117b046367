import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { testServers } from './servers';

const TEMPLATE = 'postrider_template';

export interface TestDatabase {
  url: string;
  /** Fails, naming the connections, when the test has left one open. */
  drop(): Promise<void>;
}

/** A migrated database of its own for a test file; costs one file copy, not the migrations. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { adminUrl } = testServers();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await withClient(adminUrl, async (client) => {
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY FILE_COPY`);
  });
  return { url: databaseUrl(adminUrl, name), drop: () => dropDatabase({ adminUrl, name }) };
}

/** Called by globalSetup. */
export async function createTemplate(input: {
  adminUrl: string;
  migrate: (databaseUrl: string) => Promise<void>;
}): Promise<void> {
  await withClient(input.adminUrl, (client) => client.query(`CREATE DATABASE ${TEMPLATE}`));
  await input.migrate(databaseUrl(input.adminUrl, TEMPLATE));
}

const CLOSING_GRACE_MS = 2_000;

async function dropDatabase(input: { adminUrl: string; name: string }): Promise<void> {
  await withClient(input.adminUrl, async (client) => {
    // A pool that was ended is gone for us a moment before it is gone for the server.
    const deadline = performance.now() + CLOSING_GRACE_MS;
    let open = await openConnections(client, input.name);
    while (open.length > 0 && performance.now() < deadline) open = await openConnections(client, input.name);
    if (open.length === 0) {
      await client.query(`DROP DATABASE ${input.name}`);
      return;
    }
    await client.query(`DROP DATABASE ${input.name} WITH (FORCE)`);
    throw new Error(`the test has left ${open.length} connection(s) open:\n${open.join('\n')}`);
  });
}

async function openConnections(client: Client, database: string): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(
    `SELECT concat_ws(' ', pid, application_name, state, left(query, 200)) AS line, pg_sleep(0.02)
     FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`,
    [database],
  );
  return rows.map((row) => row.line);
}

async function withClient(url: string, use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}
