import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';

/** Beside the default DATA_DIR, on the same disk. */
export const CACHE_DIR = join(__dirname, '..', '..', '.cache');

export async function makeRunDir(name: string): Promise<string> {
  await mkdir(CACHE_DIR, { recursive: true });
  return makeDir(await mkdtemp(join(CACHE_DIR, `${name}-`)));
}

/** As root PostgreSQL runs as another user, who must be able to enter it. */
export async function makeDir(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
  return path;
}
