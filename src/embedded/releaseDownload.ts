import { createWriteStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sha256OfFile } from './binaryCache';
import { runCommand } from './processes';
import { lastLines, STALL_LIMIT_MS } from './watchedCommand';

const REPORT_EVERY_BYTES = 10_000_000;

/** A program that its makers publish as an archive for each platform. */
export interface Release {
  /** Where the archive (tar.gz) of a platform is; null: none is published for it. */
  archiveUrl(platform: NodeJS.Platform, arch: NodeJS.Architecture): string | null;
  /** File name of the program in it. */
  program: string;
  /** SHA-256 of the program itself, by `<process.platform>-<process.arch>`. */
  sha256: Record<string, string>;
}

const ARCH: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The archives of a project on GitHub that are named `<name>_<version>_<platform>_<arch>.tar.gz`. */
export function githubArchive({
  project,
  name,
  version,
  darwin = 'darwin',
}: {
  project: string;
  name: string;
  version: string;
  /** How the project writes this platform. */
  darwin?: string;
}): Release['archiveUrl'] {
  return (platform, arch) => {
    const file = `${name}_${version}_${platform === 'darwin' ? darwin : platform}_${ARCH[arch]}.tar.gz`;
    return ARCH[arch] === undefined ? null : `https://github.com/${project}/releases/download/v${version}/${file}`;
  };
}

/**
 * Downloads the archive and unpacks the program into `dir`. It is compared with its pinned sum before anything runs it.
 *
 * @throws without an archive or a pinned sum for this platform, after 30 s without progress, or when the program is not
 * the pinned one.
 */
export async function programFromRelease({
  release,
  dir,
  onProgress,
  stallMs = STALL_LIMIT_MS,
}: {
  release: Release;
  dir: string;
  onProgress: (message: string) => void;
  /** Default 30,000. */
  stallMs?: number;
}): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const url = release.archiveUrl(process.platform, process.arch);
  const expected = release.sha256[platform];
  if (!url || !expected) throw new Error(`no release of ${release.program} is pinned for ${platform}`);
  const archive = join(dir, 'archive.tar.gz');
  const unpacked = join(dir, 'release');
  await mkdir(unpacked, { recursive: true });
  await download({ url, file: archive, onProgress, stallMs });
  const { exitCode, output } = await runCommand('tar', ['-xzf', archive, '-C', unpacked]);
  if (exitCode !== 0) throw new Error(`unpacking the archive of ${url} failed: ${lastLines(output)}`);
  const found = (await readdir(unpacked, { recursive: true })).find(
    (path) => path.split('/').at(-1) === release.program,
  );
  if (found === undefined) throw new Error(`the archive of ${url} holds no ${release.program}`);
  const program = join(unpacked, found);
  const actual = await sha256OfFile(program);
  if (actual !== expected) {
    throw new Error(`${release.program} of ${url} is refused: its sha256 is ${actual}, not the pinned ${expected}`);
  }
  return program;
}

async function download({
  url,
  file,
  onProgress,
  stallMs,
}: {
  url: string;
  file: string;
  onProgress: (message: string) => void;
  stallMs: number;
}): Promise<void> {
  const stalled = new AbortController();
  const giveUp = () => stalled.abort(new Error(`gave up after ${stallMs / 1000} s without progress`));
  const timer = setTimeout(giveUp, stallMs);
  let sizeBytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      timer.refresh();
      const before = sizeBytes;
      sizeBytes += chunk.length;
      if (Math.floor(before / REPORT_EVERY_BYTES) !== Math.floor(sizeBytes / REPORT_EVERY_BYTES)) {
        onProgress(`${Math.round(sizeBytes / 1e6)} MB`);
      }
      done(null, chunk);
    },
  });
  try {
    const response = await fetch(url, { signal: stalled.signal });
    if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`);
    await pipeline(Readable.fromWeb(response.body), counter, createWriteStream(file), { signal: stalled.signal });
  } catch (error) {
    throw stalled.signal.aborted ? stalled.signal.reason : causeOf(error);
  } finally {
    clearTimeout(timer);
  }
}

/** What fetch says of itself is "fetch failed"; its cause says why. */
function causeOf(error: unknown): unknown {
  return error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
}
