import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { openDatabase } from '../../src/db/database';
import { waitFor } from '../../src/embedded/processes';
import { type Account, call, listDeliveries, makeAccount, makeSubscription, must, publish } from '../support/api';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { externalServers, type Product, startProduct } from '../support/product';
import { type Receiver, startReceiver } from '../support/receiver';
import { testServers } from '../support/servers';
import { takeNamespace, temporalAddress } from '../support/temporal';

jest.setTimeout(120_000);

const marker = (what: string) => `${what}${randomBytes(8).toString('hex')}`;
const PAYLOAD = marker('payload');
const ANSWER = marker('answer');
const SECRETS_KEY = randomBytes(32);
const namespace = takeNamespace();

let database: TestDatabase;
let db: ReturnType<typeof openDatabase>;
let product: Product;
let receiver: Receiver;
let account: Account;
let sealed: { id: string; signing: string[] }[];

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url, onIdleError: () => undefined });
  product = await startProduct({
    env: {
      ...externalServers({ databaseUrl: database.url, namespace }),
      ...{ SECRETS_KEY: SECRETS_KEY.toString('base64'), LOG_LEVEL: 'trace' },
    },
  });
  receiver = await startReceiver();
  account = await makeAccount(product);
  await liveThroughEverything();
});
afterAll(async () => {
  await product?.stop();
  await receiver?.stop();
  await db?.close();
  await database?.drop();
});

/** Acknowledged, failed, held in a lane, cancelled, refused for its form, and refused by PostgreSQL for what it holds. */
async function liveThroughEverything(): Promise<void> {
  const body = JSON.stringify({ said: ANSWER });
  receiver.on('/well', { body });
  receiver.on('/ill', { status: 500, body });
  const well = await makeSubscription(account, { callbackUrl: receiver.url('/well') });
  const ill = await makeSubscription(account, { callbackUrl: receiver.url('/ill'), retry: [1] });
  const ordered = await makeSubscription(account, { callbackUrl: receiver.url('/ill'), retry: [1], ordered: true });
  const ids = [well, ill, ordered].map(({ id }) => id);
  sealed = await Promise.all(
    ids.map(async (id) => {
      const before = await must(account.subscriber, 'GET', `/v1/subscriptions/${id}/secret`);
      const after = await must(account.subscriber, 'POST', `/v1/subscriptions/${id}/secret/rotate`, {});
      return { id, signing: [after.secret, before.secret] };
    }),
  );
  const changes = [{ text: PAYLOAD, [PAYLOAD]: 1 }];
  await publish(account, { changes });
  await publish(account, { changes });
  const settled = async () => {
    const all = await Promise.all(ids.map((subscriptionId) => listDeliveries(account, { subscriptionId })));
    const lanes = await must(account.subscriber, 'GET', '/v1/lanes?state=stopped').catch(() => null);
    const states = all.map((deliveries) => deliveries.map(({ state }) => state).join());
    return states[0] === 'delivered,delivered' && states[1] === 'failed,failed' && lanes !== null;
  };
  if (!(await waitFor({ condition: settled, timeoutMs: 40_000 }))) throw new Error('the deliveries have not ended');

  // What is refused on the way in.
  const raw = (text: string, headers: Record<string, string> = {}) =>
    fetch(`${product.url}/api/publish`, {
      method: 'POST',
      headers: { authorization: account.producer.key, ...headers },
      body: text,
    });
  const refused = [
    await raw(`{"changes":["${PAYLOAD}"`),
    await raw(JSON.stringify({ changes: changes[0], event_source: [PAYLOAD] })),
    await raw(JSON.stringify({ changes }), { 'content-encoding': PAYLOAD }),
    await raw(JSON.stringify({ changes }), { authorization: `Bearer pr_0123456789ab_${PAYLOAD}${PAYLOAD}` }),
    await raw(`"${PAYLOAD}${'x'.repeat(300_000)}"`),
  ];
  expect(refused.map(({ status }) => status)).toEqual([400, 400, 415, 401, 413]);
  // A row that PostgreSQL refuses is quoted in its error's detail.
  await db.knex.raw('ALTER TABLE events ADD CONSTRAINT short CHECK (length(changes) < 5) NOT VALID');
  expect((await call(account.producer, 'POST', '/api/publish', eventWith(changes))).status).toBe(500);
  await db.knex.raw('ALTER TABLE events DROP CONSTRAINT short');
  await db.knex.raw(`ALTER TABLE apps ADD CONSTRAINT short CHECK (length(name) < 5) NOT VALID`);
  const app = { tenantId: account.tenantId, id: 'other', name: PAYLOAD };
  expect((await call(account.operator, 'POST', '/v1/apps', app)).status).toBe(500);
  await db.knex.raw('ALTER TABLE apps DROP CONSTRAINT short');
}

const eventWith = (changes: unknown) => ({
  ...{ event_source: 'test', event_topic: account.topic, event_type: 'changed', event_status: '1', changes },
});

/** Of pr_<id>_<secret>. */
const secretOf = (key: string) => key.slice(key.indexOf('_', 3) + 1);

/** Whatever must be nowhere but with its owner: as it is, and as bytes are dumped and encoded. */
function secrets(): string[] {
  const keys = [account.operator, account.producer, account.subscriber].map(({ key }) => key);
  const ofKeys = keys.map(secretOf);
  const ofSigning = sealed.flatMap(({ signing }) => signing.map((secret) => secret.replace('whsec_', '')));
  const password = new URL(database.url).password;
  const bytes = [...ofSigning.map((secret) => Buffer.from(secret, 'base64')), SECRETS_KEY];
  const encoded = bytes.flatMap((secret) => [secret.toString('hex'), secret.toString('base64url')]);
  const asText = [...ofKeys, ...ofSigning].map((secret) => Buffer.from(secret).toString('hex'));
  return [...ofKeys, ...ofSigning, password, SECRETS_KEY.toString('base64'), ...encoded, ...asText];
}

function expectNone(text: string, words: string[], where: string): void {
  for (const word of words)
    expect({ where, found: text.includes(word) ? word.slice(0, 12) : null }).toEqual({ where, found: null });
}

const everywhere = () => [...secrets(), PAYLOAD, ANSWER];

test('nothing of it in the logs, of the product or of its servers', async () => {
  // The last that happened: lines are written a moment after what they tell.
  const failures = () => product.lines.filter(({ msg }) => msg === 'request.failed');
  await waitFor({ condition: async () => failures().length === 2, timeoutMs: 10_000 });
  expect(failures()).toEqual(
    Array(2).fill(expect.objectContaining({ err: expect.objectContaining({ code: '23514' }) })),
  );
  const lines = product.lines.map((line) => JSON.stringify(line)).join('\n');
  // Temporal's SDK shows what activities and workflows are given in base64.
  const unpacked = lines.replace(/[A-Za-z0-9+/]{16,}={0,2}/g, (text) => Buffer.from(text, 'base64').toString('latin1'));
  expect([lines.includes('delivery.attempted'), unpacked.includes('the receiver answered 500')]).toEqual([true, true]);
  expectNone(lines + unpacked, everywhere(), 'stdout');
  expectNone(product.stderr(), everywhere(), 'stderr');
  const { runDir } = testServers();
  for (const server of ['postgres', 'temporal']) {
    expectNone(readFileSync(join(runDir, 'servers', server, 'server.log'), 'utf8'), everywhere(), server);
  }
});

test('nor in the metrics, the public pages, and the answers to those who get a fault', async () => {
  for (const path of ['/metrics', '/readyz', '/healthz', '/openapi.json', '/docs', '/nowhere']) {
    expectNone(await (await fetch(product.url + path)).text(), everywhere(), path);
  }
  const shown = JSON.stringify(await listDeliveries(account));
  expect(shown).toContain(ANSWER);
  expectNone(shown, [...secrets(), PAYLOAD], '/v1/deliveries');
});

test('nor in Temporal: ids, search attributes, memos, and whole histories', async () => {
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
  const all = texts.join('\n');
  for (const there of ['delivery/', 'lane/', account.tenantId])
    expect([there, all.includes(there)]).toEqual([there, true]);
  expectNone(all, everywhere(), 'Temporal');
});

/** As JSON, with the bytes of payloads as the text that they are. */
function readable(value: unknown): string {
  return JSON.stringify(value, (_, member) => {
    if (member instanceof Uint8Array) return Buffer.from(member).toString('utf8');
    if (member?.type === 'Buffer') return Buffer.from(member.data).toString('utf8');
    return typeof member === 'bigint' ? String(member) : member;
  });
}

describe('a raw dump of the database', () => {
  /** Each row of each table as its text; of one column the dump can leave out what is in it. */
  async function dump(without: { table: string; column: string }[]): Promise<string> {
    const { rows } = await db.knex.raw(`SELECT c.relname AS table, array_agg(a.attname::text) AS columns FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition GROUP BY 1`);
    const parts: string[] = [];
    for (const { table, columns } of rows) {
      const kept = columns.filter(
        (column: string) => !without.some((one) => one.table === table && one.column === column),
      );
      const list = kept.map((column: string) => `"${column}"`).join(', ');
      const { rows: dumped } = await db.knex.raw(`SELECT ROW(${list})::text AS line FROM "${table}"`);
      for (const { line } of dumped) parts.push(`${table} ${line}`);
    }
    return parts.join('\n');
  }

  test('holds no key and no signing secret: hashes, and what SECRETS_KEY has sealed', async () => {
    const all = await dump([]);
    expectNone(all, secrets(), 'dump');
    const hash = createHash('sha256').update(secretOf(account.subscriber.key)).digest('hex');
    expect(all.includes(hash)).toBe(true);
    const { rows } = await db.knex.raw('SELECT DISTINCT secret_key_id FROM subscription_secrets');
    expect(rows).toEqual([{ secret_key_id: expect.stringMatching(/^[0-9a-f]{16}$/) }]);
  });

  test("holds the payload in events.changes alone, and the receiver's words in attempts.response_excerpt", async () => {
    const all = await dump([]);
    expect([all.includes(PAYLOAD), all.includes(ANSWER)]).toEqual([true, true]);
    const rest = await dump([
      { table: 'events', column: 'changes' },
      { table: 'attempts', column: 'response_excerpt' },
    ]);
    expectNone(rest, [PAYLOAD, ANSWER], 'dump without the two');
  });
});
