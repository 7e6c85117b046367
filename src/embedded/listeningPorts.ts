import { readdir, readFile, readlink } from 'node:fs/promises';
import { runCommand } from './processes';

/** The kernel's state of a TCP socket that listens. */
const LISTENS = '0A';

/** The TCP ports on which a process listens; empty where that cannot be found out. */
export function listeningPorts(pid: number): Promise<number[]> {
  return process.platform === 'linux' ? fromProc(pid) : fromLsof(pid);
}

async function fromProc(pid: number): Promise<number[]> {
  const inodes = await socketInodes(pid);
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((table) => readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')),
  );
  return tables.flatMap((table) =>
    table
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode = '']) => state === LISTENS && inodes.has(inode))
      .map(([, local = '']) => Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16)),
  );
}

async function socketInodes(pid: number): Promise<Set<string>> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  // One that was closed in the meantime has no link.
  const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

async function fromLsof(pid: number): Promise<number[]> {
  const { output } = await runCommand('lsof', ['-nP', '-a', '-p', String(pid), '-iTCP', '-sTCP:LISTEN', '-Fn']);
  return output.split('\n').flatMap((line) => (/^n.*:(\d+)$/.exec(line) ?? []).slice(1).map(Number));
}
