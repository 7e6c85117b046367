// node scripts/withNode.mjs <version> <script> [arguments]: runs a script with that Node.js, which npm brings. The binary
// is kept in .cache, and nothing else on the machine sees it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ROOT, say } from './common.mjs';

const [asked, ...script] = process.argv.slice(2);
if (!asked || script.length === 0) fail('usage: node scripts/withNode.mjs <version | image> <script> [arguments]');

/** `image`: the version that the Dockerfile names. */
function versionOf(text) {
  if (text !== 'image') return text;
  return /^ARG NODE_IMAGE=node:(\d+\.\d+\.\d+)-/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))[1];
}

const version = versionOf(asked);
const folder = join(ROOT, '.cache', `node-${version}`);
// The package of each platform; `node` itself only chooses one of them, in an install script.
const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const binary = join(folder, 'node_modules', name, 'bin', 'node');

if (!existsSync(binary)) {
  say(`Installing Node.js ${version} into ${folder} ...`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${version}`];
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' });
  if (status !== 0 || !existsSync(binary)) fail(`Node.js ${version} could not be installed from npm.`);
}
const { status, signal } = spawnSync(binary, script, { cwd: ROOT, stdio: 'inherit' });
if (signal) process.kill(process.pid, signal);
process.exitCode = status ?? 1;
