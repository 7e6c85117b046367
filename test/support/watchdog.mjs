// Runs beside jest and outlives it: when jest ends, in whatever way, it ends every process that a test left running,
// and removes the run's folder. Started by globalSetup with the folder; jest holds the other end of its stdin.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';

const [runDir, jestPid] = process.argv.slice(2);

/** Processes that have the run's folder among their arguments or (on Linux) in their environment. */
function leftovers() {
  const own = [process.pid, Number(jestPid)];
  const candidates = process.platform === 'linux' ? fromProc() : fromPs();
  return candidates.filter((pid) => !own.includes(pid));
}

function fromProc() {
  const read = (pid, file) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => read(pid, 'cmdline').includes(runDir) || read(pid, 'environ').includes(runDir))
    .map(Number);
}

function fromPs() {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(runDir)).map((line) => Number.parseInt(line, 10));
}

function cleanUp() {
  const pids = leftovers();
  if (pids.length > 0) process.stderr.write(`ending processes that tests left running: ${pids.join(', ')}\n`);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone by itself.
    }
  }
  if (pids.length > 0) setTimeout(cleanUp, 200);
  else rmSync(runDir, { recursive: true, force: true, maxRetries: 5 });
}

process.stdin.on('end', cleanUp);
process.stdin.on('error', cleanUp);
process.stdin.resume();
