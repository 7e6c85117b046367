import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeProcess } from './processes';

interface Owner {
  pid: number;
  startMark: string;
}

export interface ServerFolder {
  path: string;
  release(): void;
}

/**
 * Makes the folder of one embedded server and claims it for this process. Without the claim two running programs on
 * one DATA_DIR would each adopt, and then stop, the other's server. A claim of a process that is gone counts for nothing.
 */
export async function claimServerFolder(folder: string): Promise<ServerFolder> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // A leftover server is known by this path in its arguments, whichever way it is called the next time.
  const path = await realpath(folder);
  const file = join(path, 'owner.json');
  const owner = readOwner(file);
  const living = owner && owner.pid !== process.pid ? await describeProcess(owner.pid) : null;
  if (owner && living?.startMark === owner.startMark) {
    throw new Error(`${path} is in use by process ${owner.pid}: stop that first, or set another DATA_DIR`);
  }
  const self = await describeProcess(process.pid);
  try {
    if (owner) unlinkSync(file);
    // Fails when another process claims at the same moment.
    writeFileSync(file, JSON.stringify({ pid: process.pid, startMark: self?.startMark ?? '' }), {
      mode: 0o600,
      flag: 'wx',
    });
  } catch (error) {
    throw new Error(
      `${path} cannot be claimed (${error}): another start or another user has it; or set another DATA_DIR`,
    );
  }
  return {
    path,
    release() {
      if (readOwner(file)?.pid === process.pid) unlinkSync(file);
    },
  };
}

/** Null when there is no claim; one that was cut short by a kill is nobody's. */
function readOwner(file: string): Owner | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : { pid: 0, startMark: '' };
  }
}

/** The JSON in `file`, or null when it is missing or was cut short by a kill. */
export async function readJson<T>(file: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}

export async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(value), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** Called before a start: a log over 10 MiB is moved to `<file>.1`. */
export async function rotateLog(file: string): Promise<void> {
  const sizeBytes = await fileSizeBytes(file);
  if (sizeBytes > MAX_LOG_BYTES) await rename(file, `${file}.1`);
}

/** 0 when there is no such file. */
export async function fileSizeBytes(file: string): Promise<number> {
  return stat(file).then(
    (stats) => stats.size,
    () => 0,
  );
}

/** What was written to `file` after `fromByte`, at most its last 4,000 characters. */
export async function logSince(file: string, fromByte: number): Promise<string> {
  const content = await readFile(file).catch(() => Buffer.alloc(0));
  return content.subarray(fromByte).toString('utf8').slice(-4000).trim();
}
