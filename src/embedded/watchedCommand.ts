import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadEnvironment } from '../config/childEnvironment';
import type { CommandResult } from './processes';

/** How long a download may stand still before the next way is tried. */
export const STALL_LIMIT_MS = 30_000;

const POLL_INTERVAL_MS = 250;
const REPORT_INTERVAL_MS = 2_000;

/**
 * Runs a program that downloads into `watchDir`, for as long as it makes progress: output, or files that grow.
 * @throws when it made none for `stallMs`; it is killed then, with its children.
 */
export async function runWatched(input: {
  command: string;
  args: string[];
  watchDir: string;
  onProgress: (message: string) => void;
  stallMs?: number;
}): Promise<CommandResult> {
  const stallMs = input.stallMs ?? STALL_LIMIT_MS;
  const child = spawn(input.command, input.args, {
    env: downloadEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const killGroup = () => {
    // The group may be gone already.
    if (child.pid !== undefined) tryKill(-child.pid);
  };
  process.once('exit', killGroup);
  let output = '';
  let lastProgressMs = performance.now();
  let lastReportMs = lastProgressMs;
  let sizeBytes = 0;
  let stalled = false;

  const append = (chunk: Buffer) => {
    output += chunk.toString();
    lastProgressMs = performance.now();
  };
  child.stdout.on('data', append);
  child.stderr.on('data', append);

  const poll = setInterval(async () => {
    const grownBytes = await folderSizeBytes(input.watchDir);
    const nowMs = performance.now();
    if (grownBytes !== sizeBytes) lastProgressMs = nowMs;
    sizeBytes = grownBytes;
    if (nowMs - lastReportMs > REPORT_INTERVAL_MS && sizeBytes > 0) {
      lastReportMs = nowMs;
      input.onProgress(`${Math.round(sizeBytes / 1e6)} MB`);
    }
    if (nowMs - lastProgressMs > stallMs) {
      stalled = true;
      killGroup();
    }
  }, POLL_INTERVAL_MS);

  try {
    const exitCode = await new Promise<number | null>((resolve) => {
      child.once('error', (error) => {
        output += error.message;
        resolve(null);
      });
      child.once('close', resolve);
    });
    if (stalled) throw new Error(`gave up after ${stallMs / 1000} s without progress. ${lastLines(output)}`.trim());
    return { exitCode, output };
  } finally {
    clearInterval(poll);
    process.removeListener('exit', killGroup);
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The end of a program's output: what went wrong usually stands there. */
export function lastLines(output: string): string {
  return output.trim().split('\n').slice(-3).join(' | ').slice(-600);
}

async function folderSizeBytes(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map((entry) =>
      stat(join(dir, entry)).then(
        (stats) => (stats.isFile() ? stats.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
