import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { placeInCache, readCached, sha256OfFile } from '../../../src/embedded/binaryCache';
import { findTemporalCli } from '../../../src/embedded/temporalBinary';
import { runWatched } from '../../../src/embedded/watchedCommand';
import { unpackWheel } from '../../../src/embedded/wheel';
import { testServers } from '../../support/servers';

// Real servers start and recover in here, perhaps on a busy machine.
jest.setTimeout(60_000);

const run = promisify(execFile);

function newDir(): Promise<string> {
  return mkdtemp(join(testServers().runDir, 'binary-'));
}

async function writeProgram(dir: string, content: string): Promise<string> {
  const file = join(await mkdtemp(join(dir, 'program-')), 'program');
  await writeFile(file, content, { mode: 0o755 });
  return file;
}

describe('findTemporalCli', () => {
  test('takes the program that is named, and only that', async () => {
    const dir = await newDir();
    const { cliPath } = testServers();
    const link = join(dir, 'my-temporal');
    await symlink(cliPath, link);
    const options = { cacheDir: dir, onProgress: () => undefined };
    expect(await findTemporalCli({ ...options, cliPath: link })).toBe(link);
    const broken = await writeProgram(dir, '#!/bin/sh\necho boom >&2; exit 3\n');
    await expect(findTemporalCli({ ...options, cliPath: broken })).rejects.toThrow(/does not work: .*program: boom/);
    const old = await writeProgram(dir, '#!/bin/sh\necho --sqlite-pragma\n');
    await expect(findTemporalCli({ ...options, cliPath: old })).rejects.toThrow(/too old: .* has no --http-port/);
  });
});

describe('the cache', () => {
  test('gives back what was placed, and drops what is no longer that', async () => {
    const cacheDir = await newDir();
    const entry = { cacheDir, name: 'tool-1' };
    expect(await readCached(entry)).toBeNull();
    const placed = await placeInCache({ ...entry, file: await writeProgram(cacheDir, 'good') });
    expect(await readCached(entry)).toBe(placed);
    await writeFile(placed, 'goo');
    expect(await readCached(entry)).toBeNull();
    await placeInCache({ ...entry, file: await writeProgram(cacheDir, 'good again') });
    expect(await readFile(placed, 'utf8')).toBe('good again');
  });

  test('takes several placements at once', async () => {
    const cacheDir = await newDir();
    const entry = { cacheDir, name: 'tool-1' };
    const files = await Promise.all(Array.from({ length: 8 }, () => writeProgram(cacheDir, 'same')));
    const placed = await Promise.all(files.map((file) => placeInCache({ ...entry, file })));
    expect(new Set(placed)).toEqual(new Set([await readCached(entry)]));
    expect((await readdir(cacheDir)).filter((name) => name.startsWith('.download-'))).toEqual([]);
  });
});

describe('the wheel', () => {
  async function makeWheel(): Promise<{ dir: string; file: string }> {
    const dir = await newDir();
    const scripts = join(dir, 'tool-1.data', 'scripts');
    await mkdir(scripts, { recursive: true });
    await writeFile(join(scripts, 'tool'), 'the program');
    const file = join(dir, 'tool-1-py3-none-any.whl');
    await run('python3', ['-m', 'zipfile', '-c', file, 'tool-1.data'], { cwd: dir });
    return { dir, file };
  }

  test('is unpacked when it is the pinned one', async () => {
    const { dir, file } = await makeWheel();
    const sha256 = await sha256OfFile(file);
    const program = await unpackWheel({ file, sha256, program: 'tool', dir: join(dir, 'out'), python: 'python3' });
    expect(await readFile(program, 'utf8')).toBe('the program');
  });

  test('is refused when it is not', async () => {
    const { dir, file } = await makeWheel();
    const sha256 = '0'.repeat(64);
    const unpacked = unpackWheel({ file, sha256, program: 'tool', dir: join(dir, 'out'), python: 'python3' });
    await expect(unpacked).rejects.toThrow(/is refused: its sha256 is [0-9a-f]{64}, not the pinned 0000/);
    expect(await readdir(dir)).not.toContain('out');
  });
});

describe('a download', () => {
  const ignore = () => undefined;

  test('is given up, with its children, when it makes no progress', async () => {
    const dir = await newDir();
    const script = 'echo connecting; (sleep 600; echo late > "$0/late") & wait';
    const stuck = runWatched({
      command: 'sh',
      args: ['-c', script, dir],
      watchDir: dir,
      onProgress: ignore,
      stallMs: 500,
    });
    await expect(stuck).rejects.toThrow('gave up after 0.5 s without progress. connecting');
  });

  test('may take longer than that as long as its file grows', async () => {
    const dir = await newDir();
    const script = 'for i in 1 2 3 4 5 6 7 8; do echo x >> "$0/part"; sleep 0.3; done; exit 7';
    const result = await runWatched({
      command: 'sh',
      args: ['-c', script, dir],
      watchDir: dir,
      onProgress: ignore,
      stallMs: 1_000,
    });
    expect(result.exitCode).toBe(7);
  });
});
