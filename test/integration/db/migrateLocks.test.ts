import { migrate } from '../../../src/db/migrate';
import { MigrationBlocked, tryAgain } from '../../../src/db/migrating/tries';
import { MIGRATIONS } from '../../../src/db/migrations';
import { newer, type Schema, startSchema } from './migrateSetup';

jest.setTimeout(60_000);

let schema: Schema;
beforeAll(async () => {
  schema = await startSchema();
  await migrate(schema.url);
});
afterAll(() => schema.stop());

let count = 0;
/** A new column for each of these tables. */
function columns(...tables: ('events' | 'deliveries')[]) {
  count++;
  const name = `2099010100000${count}_columns`;
  const migration = newer({
    name,
    head: {
      locks: tables.map((table) => ({ table, mode: 'ACCESS EXCLUSIVE', lasts: 'a moment' })),
      runsFrom: MIGRATIONS.at(-1)?.name ?? '',
    },
    async up(trx) {
      for (const table of tables) await trx.raw('ALTER TABLE ?? ADD COLUMN ?? integer', [table, `added_${count}`]);
    },
  });
  return { name, migrations: [...MIGRATIONS, migration] };
}

test('while a table is in use for long, publishes go on between the tries', async () => {
  const { name, migrations } = columns('events');
  const holder = await schema.knex.transaction();
  await holder.raw('SELECT FROM events');
  const migrated = migrate(schema.url, { migrations });
  await schema.hasStrongLock('events', false);
  // It waits behind the migration, which gives up first: the holder stays.
  await schema.query('SELECT FROM events');
  await schema.query('SELECT FROM events');
  await holder.commit();
  await migrated;
  expect(await schema.names('schema_migrations')).toContain(name);
});

test('traffic that takes two tables the other way round goes on: the migration stands back', async () => {
  const { name, migrations } = columns('events', 'deliveries');
  const claim = await schema.knex.transaction();
  await claim.raw('LOCK TABLE deliveries IN ROW EXCLUSIVE MODE');
  const migrated = migrate(schema.url, { migrations });
  await schema.hasStrongLock('events', true);
  await claim.raw('LOCK TABLE events IN ROW EXCLUSIVE MODE');
  await claim.commit();
  await migrated;
  expect(await schema.names('schema_migrations')).toContain(name);
});

test('traffic that has always one of two tables and waits for the other does not keep the migration away for ever', async () => {
  const { name, migrations } = columns('events', 'deliveries');
  let isEnded = false;
  // Two at a time, so that somebody always has deliveries when the migration has events.
  const claims = [0, 1].map(async () => {
    while (!isEnded) {
      await schema.knex.transaction(async (trx) => {
        await trx.raw('LOCK TABLE deliveries IN ROW EXCLUSIVE MODE');
        await trx.raw('SELECT pg_sleep(0.05)');
        await trx.raw('LOCK TABLE events IN ROW EXCLUSIVE MODE');
      });
    }
  });
  await migrate(schema.url, { migrations });
  isEnded = true;
  await Promise.all(claims);
  expect(await schema.names('schema_migrations')).toContain(name);
});

test('a process that is killed while it migrates leaves no lock behind', async () => {
  const { name, migrations } = columns('events');
  const holder = await schema.knex.transaction();
  await holder.raw('SELECT FROM events');
  const killed = migrate(schema.url, { migrations });
  const rejected = expect(killed).rejects.toThrow();
  await schema.hasStrongLock('events', false);
  await schema.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'postrider' AND datname = current_database()",
  );
  await rejected;
  await holder.commit();
  await migrate(schema.url, { migrations });
  expect(await schema.names('schema_migrations')).toContain(name);
});

test('a lock that nobody gives back ends the tries, and the error says who holds it', async () => {
  const holder = await schema.knex.transaction();
  await holder.raw('SELECT FROM events');
  const { rows } = await holder.raw<{ rows: { pid: number }[] }>('SELECT pg_backend_pid() AS pid');
  let tries = 0;
  const blocked = tryAgain(schema.knex, {
    what: 'of a test',
    tables: ['events'],
    pauseMs: 0,
    async work() {
      tries++;
      await schema.knex.transaction(async (trx) => {
        await trx.raw("SET LOCAL lock_timeout = '1ms'");
        await trx.raw('LOCK TABLE events');
      });
    },
  });
  await expect(blocked).rejects.toThrow(MigrationBlocked);
  await expect(blocked).rejects.toThrow(
    new RegExp(
      `the migration of a test could not lock its tables at 60 tries. The oldest transaction that holds one is process ${rows[0]?.pid} ` +
        'of PostgreSQL \\(test, idle in transaction, since .*\\): end it, or wait until it has ended, and start again.',
    ),
  );
  expect(tries).toBe(60);
  await holder.commit();
});
