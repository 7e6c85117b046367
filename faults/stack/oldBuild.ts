import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../src/embedded/processes';

const ROOT = join(__dirname, '..', '..', '..');
/** What a worker loads of it decides what it makes of a history. */
const WORKFLOW_CODE = ['workflows', 'src/contracts'];

/** The code that an installation ran before a deploy. */
export interface OldBuild {
  mainFile: string;
  /** In words. */
  what: string;
}

/**
 * @param old a folder with a build, or a commit, which is built in `dir`.
 * @param commit what is built by default; else the last commit before the workflows' code changed. The present code where
 * there is no git history to have it from.
 */
export async function buildOld(input: { dir: string; old?: string; commit?: string }): Promise<OldBuild> {
  const { dir, old } = input;
  if (old !== undefined && existsSync(join(old, 'src', 'main.js'))) {
    return { mainFile: join(old, 'src', 'main.js'), what: `the build in ${old}` };
  }
  const commit = old ?? (await (input.commit === undefined ? findCommit() : known(input.commit)));
  if (commit === null)
    return { mainFile: join(ROOT, 'dist', 'src', 'main.js'), what: 'the same code: no commit is at hand' };
  await mkdir(dir, { recursive: true });
  await run('sh', ['-c', 'git -C "$0" archive "$1" | tar -x -C "$2"', ROOT, commit, dir]);
  await symlink(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  // Not its build script, which would install what its lock file says.
  await run(process.execPath, [
    '-e',
    `import(${JSON.stringify(join(dir, 'scripts', 'compile.mjs'))}).then((m) => m.build())`,
  ]);
  return { mainFile: join(dir, 'dist', 'src', 'main.js'), what: `commit ${commit.slice(0, 7)}` };
}

/** What is not committed counts as the present. */
async function findCommit(): Promise<string | null> {
  const isCommitted = (await git('diff', '--quiet', 'HEAD', '--', ...WORKFLOW_CODE)) !== null;
  if (!isCommitted) return known('HEAD');
  const changedBy = await git('rev-list', '-1', 'HEAD', '--', ...WORKFLOW_CODE);
  return changedBy ? known(`${changedBy}^`) : null;
}

function known(commit: string): Promise<string | null> {
  return git('rev-parse', '--verify', '--quiet', `${commit}^{commit}`);
}

/** @returns null where it fails, and where there is no git. */
async function git(...args: string[]): Promise<string | null> {
  const { exitCode, output } = await runCommand('git', ['--no-optional-locks', '-C', ROOT, ...args]);
  return exitCode === 0 ? output.trim() : null;
}

async function run(command: string, args: string[]): Promise<void> {
  const { exitCode, output } = await runCommand(command, args);
  if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${output.trim()}`);
}
