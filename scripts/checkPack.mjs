// node scripts/checkPack.mjs [folder]: packs what is released and looks whether it holds the program and nothing else, and
// whether it starts where it is installed by npm alone. The package is left in the folder, if one is named.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fail, ROOT, say } from './common.mjs';

const [folder] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), 'postrider-pack-'));
const target = folder === undefined ? work : resolve(folder);

/** What npm always adds, and what `files` of package.json is to let in. */
const WANTED =
  /^(package\.json|README\.md|LICENSE|NOTICE|CHANGELOG\.md|docs\/licences\.md|dist\/(package\.json|workflow-bundle\.js|(src|workflows|activities)\/.+\.js(\.map)?))$/;
const NEEDED = ['dist/src/main.js', 'dist/workflow-bundle.js', 'LICENSE', 'NOTICE', 'docs/licences.md'];
/** The exit code of a configuration that is not in order: the program has loaded all of its modules by then. */
const NOT_CONFIGURED = 2;

const npm = (args, cwd) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

try {
  mkdirSync(target, { recursive: true });
  const [{ filename, files }] = JSON.parse(
    npm(['pack', '--json', '--ignore-scripts', '--pack-destination', target], ROOT),
  );
  const paths = files.map(({ path }) => path);
  const strangers = paths.filter((path) => !WANTED.test(path));
  if (strangers.length > 0) fail(`The package holds what is not released: ${strangers.slice(0, 10).join(', ')}`);
  const missing = NEEDED.filter((path) => !paths.includes(path));
  if (missing.length > 0) fail(`The package lacks ${missing.join(', ')}: was the program built?`);

  const home = join(work, 'installed');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', join(target, filename)];
  npm(args, home);
  const main = join(home, 'node_modules', 'postrider', 'dist', 'src', 'main.js');
  const env = { PATH: process.env.PATH, ROLE: 'nothing' };
  const { status, stderr } = spawnSync(process.execPath, [main], { encoding: 'utf8', env, timeout: 60_000 });
  if (status !== NOT_CONFIGURED || !stderr.includes('ROLE: must be all, api or worker')) {
    fail(`The installed package does not start (${status}): ${stderr}`);
  }
  say(`${filename}: ${files.length} files, and it starts.`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
