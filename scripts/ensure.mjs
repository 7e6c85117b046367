// Plain Node: this runs before any dependency is installed.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BUILD_STAMP, DIST, fail, ROOT } from './common.mjs';
import { install } from './install.mjs';

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
export async function ensureDependencies() {
  ensureNodeVersion();
  const difference = findDifference();
  if (difference) await install({ reason: difference, packages: countNeeded() });
}

/** Without those for other platforms, and those below other packages, which nobody sees being installed. */
function countNeeded() {
  const wanted = Object.entries(readLock(join(ROOT, 'package-lock.json')));
  return wanted.filter(([path, { optional }]) => path.lastIndexOf('node_modules/') === 0 && !optional).length;
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
  await ensureDependencies();
  await ensureBuild();
  await import(pathToFileURL(join(DIST, module)).href);
}
