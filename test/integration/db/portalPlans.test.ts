import type { Client } from 'pg';
import { acceptEvents } from '../../../src/db/carrying/accept';
import { type Database, openDatabase, type Statement } from '../../../src/db/database';
import { readRecipients } from '../../../src/db/portal/recipients';
import { selectionsOf } from '../../../src/domain/selectors';
import { createTestDatabase, type TestDatabase } from '../../support/postgres';
import { connectHot, scansOf, statementOf } from './plans';

jest.setTimeout(60_000);

const NO_DELIVERY = '019f0000-0000-7000-8000-000000000000';
const ADDRESS = { source: 'a', topic: '7', type: 'like', status: '1', changes: '["t"]' };
const EVENT = { ...ADDRESS, tenantId: 'acme', key: 'k', publisher: { tenantId: null, appId: null, keyId: 'k' } };

let database: TestDatabase;
let db: Database;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url, onIdleError: () => undefined });
  client = await connectHot(database.url);
});
afterAll(async () => {
  await client.end();
  await db.close();
  await database.drop();
});

/** A great many, of whom nothing is known yet. */
async function fill(): Promise<void> {
  for (const table of ['portal_subscriptions', 'keys']) {
    await db.knex.raw(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
  }
  await db.knex.raw(`
    INSERT INTO tenants (id, name) SELECT t, t FROM unnest('{acme,rival}'::text[]) t;
    INSERT INTO apps (tenant_id, id, name) SELECT id, 'shop', 'Shop' FROM tenants;
    INSERT INTO keys (id, tenant_id, app_id, roles, subject, secret_hash)
    SELECT t.id || n, t.id, 'shop', '{subscriber}', 'user' || n, '\\x00' FROM tenants t, generate_series(1, 3000) n;
    INSERT INTO portal_subscriptions (tenant_id, uuid, app_id, subject, target_type, action, target_id)
    SELECT t.id, 'uuid-' || n, 'shop', 'user' || n % 3000, 7, 'like', 't' || CASE WHEN n > 600 THEN n::text ELSE '' END
    FROM tenants t, generate_series(1, 6000) n;
  `);
}

async function readsOf(statement: Statement): Promise<string[]> {
  const scans = await scansOf(client, statement);
  return scans
    .filter(({ relation }) => /^(portal_subscriptions|keys)$/.test(relation))
    .map(({ relation, how, condition }) => `${relation}: ${how} ${condition || 'without a condition'}`);
}

const event = { ...EVENT, selections: selectionsOf(ADDRESS) };

test('who has not left is found by the id of its subscription, whatever else its user has chosen', async () => {
  const reads = await readsOf(await statementOf((spy) => readRecipients(spy, NO_DELIVERY), db));
  expect(reads).toContainEqual(expect.stringMatching(/^portal_subscriptions: Index Scan \(id = /));
});

describe.each(['empty', 'filled', 'analyzed'])('while the tables are %s', (state) => {
  beforeAll(async () => {
    if (state === 'filled') await fill();
    if (state === 'analyzed') await db.knex.raw('ANALYZE');
  });

  test.each([
    ['accept', (spy: Database) => acceptEvents(spy, { events: [event], attempting: true }), 4],
    ['recipients', (spy: Database) => readRecipients(spy, NO_DELIVERY), 5],
  ] as const)('%s looks up targets, users and keys by index', async (_name, call, count) => {
    const scans = await readsOf(await statementOf(call, db));
    expect(scans).toHaveLength(count);
    for (const scan of scans) {
      expect(scan).toMatch(/Index (Only )?Scan .*(tenant_id = |\(id = )/);
      // The tenant alone would be all of it.
      expect(scan).toMatch(/target_id = |subject = |subject IS NULL|keys: .*app_id = |\(id = /);
    }
  });
});
