import { readFileSync } from 'node:fs';

/**
 * CPU time that a thread of this process has used, in ms; null where the kernel does not tell it.
 *
 * @param threadId the kernel's, as /proc/thread-self names it.
 */
export function threadCpuMs(threadId: string | null): number | null {
  if (threadId === null) return null;
  try {
    // The first field is the time on a processor in ns (Documentation/scheduler/sched-stats.rst).
    const [nanoseconds] = readFileSync(`/proc/self/task/${threadId}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return null;
  }
}
