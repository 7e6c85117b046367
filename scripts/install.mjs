// Plain Node: this runs before any dependency is installed.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ROOT, say } from './common.mjs';

const SAY_EVERY_MS = 5000;

/**
 * Installs the locked dependencies, and shows how far that is: on a terminal npm does so itself, elsewhere this says it.
 *
 * @param reason why, for the person who waits.
 */
export async function install({ reason, packages }) {
  say(`Installing the npm dependencies (${reason}). This takes about a minute, on a slow connection up to ten ...`);
  const startedAt = performance.now();
  const ticker = process.stderr.isTTY
    ? undefined
    : setInterval(() => {
        const seconds = Math.round((performance.now() - startedAt) / 1000);
        say(`  ${seconds} s, ${Math.min(countInstalled(), packages)} of ${packages} packages`);
      }, SAY_EVERY_MS);
  const { error, status, signal } = await runNpm();
  clearInterval(ticker);
  if (error) fail(`npm could not be started: ${error.message}. Run "npm ci" in ${ROOT}.`);
  if (signal) process.kill(process.pid, signal);
  if (status !== 0) fail(`npm ci failed with exit code ${status}; see above.`);
  say(`Installed in ${Math.round((performance.now() - startedAt) / 1000)} s.`);
}

function runNpm() {
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--progress=true'];
  // Under `npm start` the npm that was called; its command may not be on PATH.
  const npm = process.env.npm_execpath;
  const isScript = npm !== undefined && /npm-cli\.[cm]?js$/.test(npm);
  const child = isScript
    ? spawn(process.execPath, [npm, ...args], { cwd: ROOT, stdio: 'inherit' })
    : spawn('npm', args, { cwd: ROOT, stdio: 'inherit', shell: process.platform === 'win32' });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error, status: null, signal: null }));
    child.once('exit', (status, signal) => resolve({ error: null, status, signal }));
  });
}

/** Packages that are unpacked by now; those below others are not counted. */
function countInstalled() {
  const list = (folder) => {
    try {
      return readdirSync(folder).filter((name) => !name.startsWith('.'));
    } catch {
      return [];
    }
  };
  const folder = join(ROOT, 'node_modules');
  const names = list(folder).flatMap((name) =>
    name.startsWith('@') ? list(join(folder, name)).map((part) => join(name, part)) : [name],
  );
  return names.filter((name) => existsSync(join(folder, name, 'package.json'))).length;
}
