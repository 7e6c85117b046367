// Plain Node: this runs before any dependency is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BUILD_STAMP, DIST, fail, ROOT, say } from './common.mjs';

const SOURCES = [
  'src',
  'workflows',
  'activities',
  'demo',
  'bench',
  'faults',
  'scripts/compile.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
];

const MINIMUM_NODE = [20, 11];

export function ensureNodeVersion() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return;
  fail(`Postrider needs Node.js ${MINIMUM_NODE.join('.')} or newer; this is ${process.versions.node}.`);
}

/** Installs the locked dependencies where something of them, development ones included, is missing or of another version. */
export function ensureDependencies() {
  ensureNodeVersion();
  const difference = findDifference();
  if (!difference) return;
  say(`Installing the npm dependencies (${difference}) ...`);
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  // Under `npm start` the npm that was called; its command may not be on PATH.
  const npm = process.env.npm_execpath;
  const isScript = npm !== undefined && /npm-cli\.[cm]?js$/.test(npm);
  const result = isScript
    ? spawnSync(process.execPath, [npm, ...args], { cwd: ROOT, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: ROOT, stdio: 'inherit', shell: process.platform === 'win32' });
  if (result.error) fail(`npm could not be started: ${result.error.message}. Run "npm ci" in ${ROOT}.`);
  if (result.signal) process.kill(process.pid, result.signal);
  if (result.status !== 0) fail(`npm ci failed with exit code ${result.status}; see above.`);
}

/** Not by file times, which a checkout or a copy sets as it likes. */
function findDifference() {
  const wanted = readLock(join(ROOT, 'package-lock.json'));
  const installed = readLock(join(ROOT, 'node_modules', '.package-lock.json'));
  if (!installed) return 'none are installed';
  for (const [path, { version, optional, devOptional, peer }] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    if (found ? found.version !== version : !optional && !devOptional && !peer) return `${path} ${version} is missing`;
  }
  const { dependencies, devDependencies } = wanted[''];
  const direct = Object.keys({ ...dependencies, ...devDependencies });
  const missing = direct.find((name) => !existsSync(join(ROOT, 'node_modules', name, 'package.json')));
  return missing ? `${missing} is missing` : null;
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}

/** Builds when the sources are newer than the last finished build. */
export async function ensureBuild() {
  const builtMs = modifiedMs(join(DIST, BUILD_STAMP));
  if (SOURCES.every((source) => newestMs(join(ROOT, source)) <= builtMs)) return;
  const { build } = await import('./compile.mjs');
  await build();
}

/** Folders count too: their time is what tells that a file was removed. */
function newestMs(path) {
  const ownMs = modifiedMs(path);
  if (!existsSync(path) || !statSync(path).isDirectory()) return ownMs;
  return Math.max(ownMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Runs a module of the build in this process, so that signals and exit codes are those of one process. */
export async function runBuilt(module) {
  ensureDependencies();
  await ensureBuild();
  await import(pathToFileURL(join(DIST, module)).href);
}
