import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

const SCRATCH_PREFIX = '.download-';
const ABANDONED_AFTER_MS = 24 * 3600 * 1000;

/** The user's cache, shared by all checkouts; `<dataDir>/cache` where that cannot be written. */
export async function chooseCacheDir(input: { dataDir: string }): Promise<string> {
  try {
    const cacheDir = join(homedir(), '.cache', 'postrider');
    await mkdir(cacheDir, { recursive: true });
    await access(cacheDir, constants.W_OK);
    return cacheDir;
  } catch {
    return join(resolve(input.dataDir), 'cache');
  }
}

/**
 * The cached program, or null when there is none. One whose content is not what was placed there (cut short, bit rot)
 * is removed, so that the next placement replaces it.
 */
export async function readCached(input: { cacheDir: string; name: string }): Promise<string | null> {
  const { entry, program, digest } = entryPaths(input);
  try {
    const expected = await readFile(digest, 'utf8');
    if (expected === (await sha256OfFile(program))) return program;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await discard(entry);
  return null;
}

/** Moves `file` into the cache in one step; of two processes that do so at once, the later finds the earlier's copy. */
export async function placeInCache(input: { cacheDir: string; name: string; file: string }): Promise<string> {
  const { entry, program } = entryPaths(input);
  const staged = join(input.cacheDir, `${SCRATCH_PREFIX}${randomUUID()}`);
  await mkdir(staged, { recursive: true });
  const stagedPaths = entryPaths({ cacheDir: input.cacheDir, name: input.name, entry: staged });
  await rename(input.file, stagedPaths.program);
  await writeFile(stagedPaths.digest, await sha256OfFile(stagedPaths.program));
  try {
    await rename(staged, entry);
  } catch (error) {
    // rename(2) on a folder that is not empty: somebody else has placed the same program.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await rm(staged, { recursive: true, force: true });
    if (!(await readCached(input))) throw error;
  }
  return program;
}

function entryPaths(input: { cacheDir: string; name: string; entry?: string }) {
  const entry = input.entry ?? join(resolve(input.cacheDir), input.name);
  return { entry, program: join(entry, 'program'), digest: join(entry, 'sha256') };
}

async function discard(entry: string): Promise<void> {
  const doomed = `${entry}.${randomUUID()}`;
  // Renamed first: a second process must not find a half-removed entry.
  await rename(entry, doomed).catch(() => undefined);
  await rm(doomed, { recursive: true, force: true });
}

/** Runs `use` with a scratch folder in the cache, on the file system that a rename into the cache needs. */
export async function withScratchDir<T>(cacheDir: string, use: (dir: string) => Promise<T>): Promise<T> {
  await removeAbandoned(cacheDir);
  const dir = join(resolve(cacheDir), `${SCRATCH_PREFIX}${randomUUID()}`);
  await mkdir(dir, { recursive: true });
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function removeAbandoned(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir).catch(() => [])) {
    if (!name.startsWith(SCRATCH_PREFIX)) continue;
    const path = join(cacheDir, name);
    const stats = await stat(path).catch(() => null);
    if (stats && Date.now() - stats.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}

export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}
