import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { openDatabase } from '../../src/db/database';
import { createTestDatabase } from '../support/postgres';
import { externalServers, type Product, startProduct } from '../support/product';
import { startReceiver } from '../support/receiver';
import { testServers } from '../support/servers';
import { takeNamespace, temporalAddress } from '../support/temporal';

/** A word that nothing else holds. */
export const marker = (what: string) => `${what}${randomBytes(8).toString('hex')}`;

/** Of pr_<id>_<secret>. */
export const secretOf = (key: string) => key.slice(key.indexOf('_', 3) + 1);

/** The built product with everything that it logs, its database, and a receiver. */
export async function startWatched() {
  const secretsKey = randomBytes(32);
  const namespace = takeNamespace();
  const database = await createTestDatabase();
  const db = openDatabase({ url: database.url, onIdleError: () => undefined });
  const product = await startProduct({
    env: {
      ...externalServers({ databaseUrl: database.url, namespace }),
      ...{ SECRETS_KEY: secretsKey.toString('base64'), LOG_LEVEL: 'trace' },
    },
  });
  const receiver = await startReceiver();
  return {
    product,
    receiver,
    knex: db.knex,
    secretsKey,
    databasePassword: new URL(database.url).password,
    temporalTexts: () => temporalTexts(namespace),
    dump: (without: Column[] = []) => dump(db.knex, without),
    async stop() {
      await product.stop();
      await receiver.stop();
      await db.close();
      await database.drop();
    },
  };
}

export type Watched = Awaited<ReturnType<typeof startWatched>>;

/** Whatever must be nowhere but with its owner: as it is, and as bytes are dumped and encoded. */
export function formsOf(
  { secretsKey, databasePassword }: Watched,
  { keys, signing }: { keys: string[]; signing: string[] },
): string[] {
  const ofKeys = keys.map(secretOf);
  const ofSigning = signing.map((secret) => secret.replace('whsec_', ''));
  const bytes = [...ofSigning.map((secret) => Buffer.from(secret, 'base64')), secretsKey];
  const encoded = bytes.flatMap((secret) => [secret.toString('hex'), secret.toString('base64url')]);
  const asText = [...ofKeys, ...ofSigning].map((secret) => Buffer.from(secret).toString('hex'));
  return [...ofKeys, ...ofSigning, databasePassword, secretsKey.toString('base64'), ...encoded, ...asText];
}

export function expectNone(text: string, words: string[], where: string): void {
  for (const word of words)
    expect({ where, found: text.includes(word) ? word.slice(0, 12) : null }).toEqual({ where, found: null });
}

/** What was written to each place, by its name. */
export function logsOf(product: Product): Record<string, string> {
  const lines = product.lines.map((line) => JSON.stringify(line)).join('\n');
  const serverLog = (server: string) =>
    readFileSync(join(testServers().runDir, 'servers', server, 'server.log'), 'utf8');
  return {
    // Temporal's SDK shows what activities and workflows are given.
    stdout: lines + unpacked(lines),
    stderr: product.stderr(),
    postgres: serverLog('postgres'),
    temporal: serverLog('temporal'),
  };
}

/** What stands in it in base64. */
function unpacked(text: string): string {
  return text.replace(/[A-Za-z0-9+/]{16,}={0,2}/g, (bytes) => Buffer.from(bytes, 'base64').toString('latin1'));
}

/** Ids, search attributes, memos, summaries, details and whole histories of every workflow. */
async function temporalTexts(namespace: string): Promise<string> {
  const connection = await Connection.connect({ address: temporalAddress() });
  const client = new Client({ connection, namespace });
  const texts: string[] = [];
  for await (const { workflowId, runId, ...about } of client.workflow.list()) {
    const handle = client.workflow.getHandle(workflowId, runId);
    texts.push(
      workflowId,
      readable(about.raw),
      readable((await handle.describe()).raw),
      readable(await handle.fetchHistory()),
    );
  }
  await connection.close();
  return texts.join('\n');
}

/** As JSON, in which payloads are base64, and these as the text that they are. */
function readable(value: unknown): string {
  const json = JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? String(member) : member));
  return json + unpacked(json);
}

/** "table.column" */
export type Column = string;

/** Each row of each table as its text; of some columns the dump can leave out what is in them. */
async function dump(knex: ReturnType<typeof openDatabase>['knex'], without: Column[]): Promise<string> {
  const { rows } = await knex.raw(`SELECT c.relname AS table, array_agg(a.attname::text) AS columns FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition GROUP BY 1`);
  const parts: string[] = [];
  for (const { table, columns } of rows) {
    const kept = columns.filter((column: string) => !without.includes(`${table}.${column}`));
    const list = kept.map((column: string) => `"${column}"`).join(', ');
    const { rows: dumped } = await knex.raw(`SELECT ROW(${list})::text AS line FROM "${table}"`);
    for (const { line } of dumped) parts.push(`${table} ${line}`);
  }
  return parts.join('\n');
}
