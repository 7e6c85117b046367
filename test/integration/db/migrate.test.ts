import { migrate } from '../../../src/db/migrate';
import { SchemaTooNew, SchemaTooOld } from '../../../src/db/migrating/compatibility';
import { MIGRATIONS } from '../../../src/db/migrations';
import { installBefore, newer, OF_BEFORE, type Schema, startSchema } from './migrateSetup';

jest.setTimeout(60_000);

/** Of the last release that had knex's migrator. */
const NEWEST_WITH_KNEX = '20261130160800_first_answers';
const NEWEST = MIGRATIONS.at(-1)?.name ?? '';
const namesOf = (migrations: readonly { name: string }[]) => migrations.map(({ name }) => name);

let schema: Schema;
beforeEach(async () => {
  schema = await startSchema();
});
afterEach(() => schema.stop());

test('many processes at once: each migration is run once', async () => {
  const run: string[] = [];
  const onRun = (name: string) => run.push(name);
  await Promise.all(Array.from({ length: 4 }, () => migrate(schema.url, { onRun })));
  expect(run).toEqual(namesOf(MIGRATIONS));
  expect(await schema.names('schema_migrations')).toEqual(namesOf(MIGRATIONS));
  expect(await schema.query('SELECT name FROM schema_migrations WHERE done_at IS NULL OR batch <> 1')).toEqual([]);
  // A release that refuses names it does not know finds the ones that it does.
  const known = MIGRATIONS.filter(({ name }) => name <= NEWEST_WITH_KNEX);
  expect(await schema.names('knex_migrations')).toEqual(namesOf(known));
});

test('what an older release reads is left as it was, so that it starts again', async () => {
  await installBefore(schema);
  await migrate(schema.url);
  expect(await schema.names('knex_migrations')).toEqual(namesOf(OF_BEFORE));
  expect(await schema.names('schema_migrations')).toEqual(namesOf(MIGRATIONS.slice(OF_BEFORE.length)));
  expect(await schema.query('SELECT name FROM schema_migrations WHERE batch <> 2')).toEqual([]);
});

test('a fault takes back its own migration only, and the next start goes on from there', async () => {
  await migrate(schema.url);
  const good = newer({ name: '20990101000000_good', up: async (trx) => void (await trx.raw('CREATE TABLE good ()')) });
  const bad = newer({
    name: '20990102000000_bad',
    up: async (trx) => void (await trx.raw('CREATE TABLE bad (x nothing)')),
  });
  await expect(migrate(schema.url, { migrations: [...MIGRATIONS, good, bad] })).rejects.toThrow(
    '"nothing" does not exist',
  );
  expect((await schema.names('schema_migrations')).slice(-1)).toEqual([good.name]);
  const mended = { ...bad, up: good.up && (async () => undefined) };
  await migrate(schema.url, { migrations: [...MIGRATIONS, good, mended] });
  expect((await schema.names('schema_migrations')).slice(-1)).toEqual([bad.name]);
});

describe('a program that is older than the schema', () => {
  test('runs where the newer migrations say that it may', async () => {
    await migrate(schema.url);
    await migrate(schema.url, { migrations: [...MIGRATIONS, newer()] });
    await migrate(schema.url);
    await migrate(schema.url, { mayMigrate: false });
  });

  test('says in a sentence that it does not fit where one of them says so', async () => {
    await migrate(schema.url);
    const expands = newer();
    const contracts = newer({ name: '20990201000000_contracts', runsFrom: expands.name });
    await migrate(schema.url, { migrations: [...MIGRATIONS, expands, contracts] });
    await migrate(schema.url, { migrations: [...MIGRATIONS, expands] });
    const refused = migrate(schema.url);
    await expect(refused).rejects.toThrow(SchemaTooNew);
    await expect(refused).rejects.toThrow(
      new RegExp(
        `this is Postrider [0-9.]+, which knows the schema up to ${NEWEST}, but Postrider [0-9.]+ has taken the database to ` +
          `20990201000000_contracts, which needs a program that knows at least ${expands.name}: start a newer release.`,
      ),
    );
    await expect(migrate(schema.url, { mayMigrate: false })).rejects.toThrow(SchemaTooNew);
  });
});

describe('one that may not migrate', () => {
  test('starts on a schema that has all it needs', async () => {
    await migrate(schema.url);
    await migrate(schema.url, { mayMigrate: false });
  });

  test('says what is missing, and changes nothing', async () => {
    await expect(migrate(schema.url, { mayMigrate: false })).rejects.toThrow(SchemaTooOld);
    expect(await schema.query("SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace")).toEqual([]);
    await installBefore(schema);
    await expect(migrate(schema.url, { mayMigrate: false })).rejects.toThrow(
      /the database lacks 14 of the migrations of Postrider [0-9.]+, 20261130100100_selectors_since first, and MIGRATE is off: run `npm run migrate`/,
    );
  });
});
