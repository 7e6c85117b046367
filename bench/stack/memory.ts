import { readFileSync } from 'node:fs';
import { nowUs } from '../clock';

const SAMPLE_EVERY_MS = 250;
const KIB = /^VmRSS:\s+(\d+) kB$/m;

/** One reading of a process's resident memory. */
export interface MemorySample {
  atUs: number;
  mib: number;
}

/** Reads a process's memory until `stop`, which gives all readings. Linux only: proc_pid_status(5). */
export function watchMemory(pid: number): { stop(): MemorySample[] } {
  const samples: MemorySample[] = [];
  const read = () => {
    const kib = KIB.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    samples.push({ atUs: nowUs(), mib: Number(kib) / 1024 });
  };
  read();
  const timer = setInterval(read, SAMPLE_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      read();
      return samples;
    },
  };
}
