import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The root of each group of processes; a group is it and what descends from it. */
export interface Pids {
  ours: number;
  postgres: number;
  temporal: number;
}

/** CPU time so far, user and system, in ms. */
export type Cpu = Record<keyof Pids, number>;

/** USER_HZ, in which /proc counts on every architecture that Node runs on: proc_pid_stat(5). */
const TICK_MS = 10;

/**
 * Of a process that has ended its parent knows what it used (cutime, cstime), so nothing gets lost when a backend of
 * PostgreSQL ends in between. The product is Temporal's parent, so a group ends where another begins.
 */
export function readCpu(pids: Pids): Cpu {
  const processes = readProcesses();
  const roots = new Set(Object.values(pids));
  const ticksOf = (pid: number): number => {
    const self = processes.get(pid);
    if (!self) throw new Error(`process ${pid} has ended`);
    return self.children.filter((child) => !roots.has(child)).reduce((sum, child) => sum + ticksOf(child), self.ticks);
  };
  return {
    ours: ticksOf(pids.ours) * TICK_MS,
    postgres: ticksOf(pids.postgres) * TICK_MS,
    temporal: ticksOf(pids.temporal) * TICK_MS,
  };
}

export function cpuBetween(start: Cpu, end: Cpu): Cpu {
  return {
    ours: end.ours - start.ours,
    postgres: end.postgres - start.postgres,
    temporal: end.temporal - start.temporal,
  };
}

export function sumOf({ ours, postgres, temporal }: Cpu): number {
  return ours + postgres + temporal;
}

const QUIET_FOR_MS = 500;
const QUIET_SHARE = 0.15;
const QUIET_WITHIN_MS = 60_000;

/**
 * Waits until all three together use less than 15 % of a core for half a second, and answers what they had used when
 * that began: the work after the last callback counts, the wait for its end does not.
 */
export async function cpuWhenQuiet(pids: Pids): Promise<Cpu> {
  const deadlineMs = performance.now() + QUIET_WITHIN_MS;
  let before = readCpu(pids);
  while (performance.now() < deadlineMs) {
    await sleep(QUIET_FOR_MS);
    const now = readCpu(pids);
    if (sumOf(cpuBetween(before, now)) < QUIET_SHARE * QUIET_FOR_MS) return before;
    before = now;
  }
  console.error(`not quiet after ${QUIET_WITHIN_MS} ms: what is measured next includes the rest`);
  return before;
}

interface ProcessEntry {
  ticks: number;
  children: number[];
}

function readProcesses(): Map<number, ProcessEntry> {
  const processes = new Map<number, ProcessEntry>();
  const parentOf = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const fields = Number.isInteger(pid) ? statFields(pid) : null;
    if (!fields) continue;
    // Fields 4 and 14 to 17 of proc_pid_stat(5): ppid, utime, stime, cutime, cstime. `fields` begins with the third.
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    processes.set(pid, { ticks, children: [] });
    parentOf.set(pid, Number(fields[1]));
  }
  for (const [pid, parent] of parentOf) processes.get(parent)?.children.push(pid);
  return processes;
}

/** From the third on: the second is the program's name in parentheses, which may hold spaces. Null: it has ended. */
function statFields(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
