import { readFileSync } from 'node:fs';
import type { Lab } from '../lab';

const LOOK_EVERY_MS = 100;
/** What answers of some kB may need beyond what the process has: far above what the victim's load moves it by. */
const MAX_GROWTH_MIB = 256;
const KIB_IN_MIB = 1024;

/** Resident memory of the product's processes from now on; `judge` reports one that grew by more than it may. */
export function watchMemory({ stack, figure, report }: Lab): { judge(): void } {
  const watched = stack.processes.map((one) => ({ one, before: residentMib(one.pid), most: 0 }));
  const timer = setInterval(() => {
    for (const each of watched) each.most = Math.max(each.most, residentMib(each.one.pid));
  }, LOOK_EVERY_MS);
  return {
    judge() {
      clearInterval(timer);
      for (const { one, before, most } of watched) {
        const line = `memory of ${one.name} ${before} → ${most} MiB (limit ${before + MAX_GROWTH_MIB})`;
        figure(line);
        if (most - before > MAX_GROWTH_MIB) report(`grown: ${line}`);
      }
    },
  };
}

/** 0 for one that does not run; proc_pid_status(5). */
function residentMib(pid: number | null): number {
  try {
    const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kib) / KIB_IN_MIB);
  } catch {
    return 0;
  }
}
