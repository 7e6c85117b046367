import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTEN = '0A';
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/** TCP ports that these processes listen on, ascending; Linux only, proc_net(5). */
export function portsOf(pids: readonly number[]): number[] {
  const inodes = new Set(pids.flatMap(socketsOf));
  const ports = TABLES.flatMap(rowsOf).filter(({ state, inode }) => state === LISTEN && inodes.has(inode));
  return [...new Set(ports.map(({ port }) => port))].sort((a, b) => a - b);
}

/** Each open file is a link; that of a socket reads `socket:[<inode>]`. */
function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${name}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
}

/** The fields: number, local address, remote address, state, …, the inode as the tenth. */
function rowsOf(table: string): { port: number; state: string; inode: string }[] {
  const [, ...lines] = readFileSync(table, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const fields = line.trim().split(/\s+/);
    return {
      port: Number.parseInt(fields[1]?.split(':')[1] ?? '', 16),
      state: fields[3] ?? '',
      inode: fields[9] ?? '',
    };
  });
}
