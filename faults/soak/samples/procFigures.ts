import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const KIB_PER_MIB = 1024;
const RSS = /^VmRSS:\s+(\d+) kB$/m;
const PSS = /^Pss:\s+(\d+) kB$/m;

/** What a process holds, as Linux counts it: proc_pid_status(5), proc_pid_fd(5). */
export interface ProcessFigures {
  memoryMib: number;
  /** Sockets included. */
  openFiles: number;
  sockets: number;
}

/** @returns null when there is no such process any more. */
export function readProcess(pid: number): ProcessFigures | null {
  try {
    const rss = RSS.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const files = readdirSync(`/proc/${pid}/fd`).map((file) => targetOf(`/proc/${pid}/fd/${file}`));
    return {
      memoryMib: Number(rss) / KIB_PER_MIB,
      openFiles: files.length,
      sockets: files.filter((target) => target.startsWith('socket:')).length,
    };
  } catch {
    return null;
  }
}

/** Of processes that share memory, each part of it counted once. Those that have ended count nothing. */
export function readSharedMemoryMib(pids: readonly number[]): number {
  const kib = pids.map((pid) => {
    try {
      return Number(PSS.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return kib.reduce((sum, one) => sum + one, 0) / KIB_PER_MIB;
}

/** It may have been closed meanwhile. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
