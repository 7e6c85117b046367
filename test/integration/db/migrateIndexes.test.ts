import { migrate } from '../../../src/db/migrate';
import type { BesideIndex } from '../../../src/db/migrating/migration';
import { MIGRATIONS } from '../../../src/db/migrations';
import { waitForBlocked } from '../../support/locks';
import { newer, type Schema, startSchema } from './migrateSetup';

jest.setTimeout(60_000);

let schema: Schema;
beforeEach(async () => {
  schema = await startSchema();
  await migrate(schema.url);
});
afterEach(() => schema.stop());

const ON_EVENTS: BesideIndex = { name: 'events_by_type', table: 'events', on: "(type) WHERE type <> ''" };
const ON_KEYS: BesideIndex = { name: 'keys_by_hash', table: 'keys', on: '(secret_hash)', isUnique: true };
const withIndexes = (...indexes: BesideIndex[]) => [...MIGRATIONS, newer({ indexes })];

async function stateOf(table: string, index: string) {
  return schema.query<{ partition: string; valid: boolean }>(
    `SELECT x.indrelid::regclass::text AS partition, x.indisvalid AS valid FROM pg_index x
     WHERE x.indexrelid = ?::regclass OR x.indexrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = ?::regclass)
     ORDER BY x.indrelid::regclass::text = ? DESC, 1`,
    [index, index, table],
  );
}

test('an index of a partitioned table: every partition has it, also one that is made later', async () => {
  await migrate(schema.url, { migrations: withIndexes(ON_EVENTS, ON_KEYS) });
  const all = await stateOf('events', 'events_by_type');
  const [{ count } = { count: 0 }] = await schema.query<{ count: number }>(
    "SELECT count(*)::integer + 1 AS count FROM pg_inherits WHERE inhparent = 'events'::regclass",
  );
  expect(all).toHaveLength(count);
  expect(all.filter(({ valid }) => !valid)).toEqual([]);
  expect(await stateOf('keys', 'keys_by_hash')).toEqual([{ partition: 'keys', valid: true }]);
  await schema.query("CREATE TABLE events_later PARTITION OF events FOR VALUES FROM ('2100-01-01') TO ('2100-01-02')");
  expect(await stateOf('events', 'events_by_type')).toHaveLength(count + 1);
});

test('while it is built the table is written, and what an end in its midst leaves is built anew', async () => {
  const old = await schema.knex.transaction(undefined, { isolationLevel: 'repeatable read' });
  await old.raw('SELECT FROM topics');
  const migrations = withIndexes(ON_EVENTS);
  const killed = expect(migrate(schema.url, { migrations })).rejects.toThrow();
  // It waits for a transaction that could still read what the index does not have.
  await waitForBlocked(schema.knex, 'CREATE INDEX CONCURRENTLY');
  const writer = await schema.knex.transaction();
  await writer.raw('LOCK TABLE events IN ROW EXCLUSIVE MODE');
  await writer.commit();
  await schema.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'postrider' AND datname = current_database()",
  );
  await killed;
  expect((await stateOf('events', 'events_by_type')).some(({ valid }) => !valid)).toBe(true);
  expect(await schema.query('SELECT FROM schema_migrations WHERE done_at IS NULL')).toHaveLength(1);
  await expect(migrate(schema.url, { migrations, mayMigrate: false })).rejects.toThrow('lacks 1 of the migrations');
  await old.commit();
  await migrate(schema.url, { migrations });
  expect((await stateOf('events', 'events_by_type')).filter(({ valid }) => !valid)).toEqual([]);
  expect(await schema.query('SELECT FROM schema_migrations WHERE done_at IS NULL')).toEqual([]);
});
