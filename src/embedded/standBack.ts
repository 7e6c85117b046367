import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** A third of the usual weight (sched(7)): enough to go on under full load. */
const NICE = 5;

/**
 * The process just started stands back for whoever else wants the processor, its threads too, which inherit it. On Linux
 * a session is scheduled as a group, whose weight its processes' own do not change (sched(7), "The autogroup feature"):
 * both are set. Where the system does not let us it stays as it is.
 */
export function standBack(pid: number): void {
  for (const set of [() => setPriority(pid, NICE), () => writeFileSync(`/proc/${pid}/autogroup`, String(NICE))]) {
    try {
      set();
    } catch {}
  }
}
