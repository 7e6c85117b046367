import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { programEnvironment } from '../config/childEnvironment';

export interface ProcessDescription {
  /** Program and arguments, separated by spaces. */
  commandLine: string;
  /** Opaque; differs for another process under the same pid, also after a reboot. */
  startMark: string;
}

/** The process with this pid, or null when there is none or only a zombie that nobody has reaped. */
export async function describeProcess(pid: number): Promise<ProcessDescription | null> {
  return process.platform === 'linux' ? describeFromProc(pid) : describeFromPs(pid);
}

// Not ps on Linux: slim images do not have it.
async function describeFromProc(pid: number): Promise<ProcessDescription | null> {
  try {
    const [cmdline, stat, bootId] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // proc_pid_stat(5): after the program's name, in parentheses, which may hold spaces, come the state and, as the
    // 20th field, the start time. The command line does not tell a zombie: it is empty already while files are closed.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return { commandLine: cmdline.replaceAll('\0', ' ').trim(), startMark: `${bootId.trim()}/${fields[19]}` };
  } catch {
    return null;
  }
}

async function describeFromPs(pid: number): Promise<ProcessDescription | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'stat=,lstart=,command=', '-p', String(pid)]);
    const match = /^\s*(\S+)\s+(\w+ +\w+ +\d+ +[\d:]+ +\d+)\s+(.*)$/s.exec(stdout);
    if (!match?.[2] || !match[3] || match[1]?.startsWith('Z')) return null;
    return { commandLine: match[3].trim(), startMark: match[2] };
  } catch {
    return null;
  }
}

/** Polls until `condition` gives something else than null or false; null when `timeoutMs` have passed. */
export async function waitFor<T>(input: {
  condition: () => Promise<T | null | false>;
  timeoutMs: number;
  intervalMs?: number;
}): Promise<T | null> {
  const deadline = performance.now() + input.timeoutMs;
  for (;;) {
    const value = await input.condition();
    if (value !== null && value !== false) return value;
    if (performance.now() >= deadline) return null;
    await sleep(input.intervalMs ?? 50);
  }
}

/** SIGTERM, then SIGKILL after `graceMs`; returns when the process is gone. */
export async function stopProcess(input: { pid: number; graceMs: number }): Promise<void> {
  const isGone = async () => (await describeProcess(input.pid)) === null;
  if (sendSignal(input.pid, 'SIGTERM') && (await waitFor({ condition: isGone, timeoutMs: input.graceMs }))) return;
  if (!sendSignal(input.pid, 'SIGKILL')) return;
  if (!(await waitFor({ condition: isGone, timeoutMs: 10_000 }))) {
    throw new Error(`process ${input.pid} does not end, not even on SIGKILL`);
  }
}

/** False when there is no such process. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

export interface CommandResult {
  exitCode: number | null;
  /** Standard output and standard error as they came. */
  output: string;
}

/** Runs a program to its end, away from the terminal's process group, so that Ctrl-C reaches only us. */
export function runCommand(
  command: string,
  args: string[],
  options: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd' | 'timeout'> = {},
): Promise<CommandResult> {
  const child = spawn(command, args, {
    env: programEnvironment(),
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  return collect(child);
}

function collect(child: ChildProcess): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = '';
    const append = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout?.on('data', append);
    child.stderr?.on('data', append);
    child.once('error', (error) => resolve({ exitCode: null, output: output + error.message }));
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}
