import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..', '..', '..');

/** What the figures depend on. */
export interface Machine {
  at: string;
  commit: string | null;
  cores: number;
  cpuModel: string;
  memoryGiB: number;
  system: string;
  node: string;
  /** 1, 5 and 15 minutes, before the bench began. */
  loadBefore: number[];
  versions: Record<string, string>;
}

export async function describeMachine(): Promise<Machine> {
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  return {
    at: new Date().toISOString(),
    commit: await commit(),
    cores: availableParallelism(),
    cpuModel: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    loadBefore: loadavg(),
    versions: dependencies,
  };
}

async function commit(): Promise<string | null> {
  return promisify(execFile)('git', ['-C', ROOT, 'describe', '--always', '--dirty']).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}
