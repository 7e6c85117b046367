import { chmod, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../src/embedded/processes';
import { NotRun } from '../lab';

const FILLER_BYTES = 1024 * 1024;

/** A disk in memory that can be filled to its last byte. */
export interface SmallDisk {
  dir: string;
  sizeMib: number;
  fill(): Promise<void>;
  empty(): Promise<void>;
  unmount(): Promise<void>;
}

/** @throws NotRun where this user may not mount. */
export async function mountDisk({ dir, sizeMib }: { dir: string; sizeMib: number }): Promise<SmallDisk> {
  await mkdir(dir, { recursive: true });
  const mounted = await runCommand('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m,mode=755`, 'tmpfs', dir]);
  if (mounted.exitCode !== 0) throw new NotRun(`no disk can be mounted here: ${mounted.output.trim()}`);
  await chmod(dir, 0o755);
  const filler = join(dir, 'filler');
  return {
    dir,
    sizeMib,
    async fill() {
      const file = await open(filler, 'a');
      const block = Buffer.alloc(FILLER_BYTES);
      try {
        for (;;) await file.write(block);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        await file.close();
      }
    },
    empty: () => rm(filler, { force: true }),
    async unmount() {
      const { exitCode, output } = await runCommand('umount', [dir]);
      if (exitCode !== 0) throw new Error(`${dir} cannot be unmounted: ${output.trim()}`);
    },
  };
}
