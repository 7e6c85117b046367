import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MIGRATIONS } from '../../../src/db/migrations';

const FOLDER = join(__dirname, '..', '..', '..', 'src', 'db', 'migrations');
/** Those after it must leave a schema on which the release before still works: expand now, contract a release later. */
const LAST_WITHOUT_RULE = '20261123060000_inlined_ids';

const files = readdirSync(FOLDER)
  .filter((file) => /^\d/.test(file))
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();
const known = MIGRATIONS.map(({ name }) => name);

test('every file is a migration, in the order of the names', () => {
  expect(known).toEqual(files);
});

test.each(files)('%s says in its head what it locks, for how long, and on which programs its result works', (name) => {
  const migration = MIGRATIONS.find((one) => one.name === name);
  expect(migration).toBeDefined();
  for (const { lasts } of migration?.head.locks ?? []) expect(lasts).toMatch(/^(a moment|some seconds|as long as)/);
  const { runsFrom = '' } = migration?.head ?? {};
  expect(known).toContain(runsFrom);
  if (name > LAST_WITHOUT_RULE) expect(runsFrom < name).toBe(true);
  expect(readFileSync(join(FOLDER, `${name}.ts`), 'utf8')).toMatch(
    /\n\/\*\*[^\0]*?\*\/\nexport const head: MigrationHead/,
  );
});

test('an index of a partitioned table begins with its name, so that its partitions have names of their own', () => {
  const indexes = MIGRATIONS.flatMap(({ indexes = [] }) => indexes);
  const partitioned = indexes.filter(({ table }) => ['events', 'deliveries', 'attempts'].includes(table));
  expect(partitioned.length).toBeGreaterThan(0);
  expect(partitioned.filter(({ name, table }) => !name.startsWith(`${table}_`))).toEqual([]);
});
