import { readdirSync, readFileSync } from 'node:fs';

/** All that descends from a process; Linux only, proc_pid_stat(5). */
export function childrenOf(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const child = Number(name);
    const parent = Number.isInteger(child) ? parentOf(child) : null;
    if (parent !== null) parents.set(parent, [...(parents.get(parent) ?? []), child]);
  }
  const below = (of: number): number[] => (parents.get(of) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

/** The fields after the program's name, which stands in parentheses and may hold spaces: state, parent, … */
function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}
