import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD_STAMP, DIST, fail, ROOT, say } from './common.mjs';

/** Compiles to dist/ and bundles the workflows. It is built beside dist/ and swapped in whole. */
export async function build() {
  await buildOrThrow().catch((error) => fail(`The build failed: ${error.message}`));
}

async function buildOrThrow() {
  const startedAt = new Date();
  say('Building, about half a minute ...');
  const stagingDir = `${DIST}.${process.pid}`;
  try {
    compile(stagingDir);
    await bundleWorkflows(stagingDir);
    stamp(stagingDir, startedAt);
    swapIn(stagingDir);
  } finally {
    rmSync(stagingDir, { recursive: true, force: true });
  }
}

function compile(outDir) {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', outDir];
  const result = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  if (result.status !== 0) throw new Error(`tsc failed with ${result.signal ?? `exit code ${result.status}`}`);
}

/** The Temporal SDK would bundle at every start of a worker; a start takes seconds less with a bundle at hand. */
async function bundleWorkflows(outDir) {
  const workflowsPath = join(outDir, 'workflows', 'index.js');
  if (!existsSync(workflowsPath)) throw new Error('workflows/index.ts is missing: there is nothing to bundle');
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  writeFileSync(join(outDir, 'workflow-bundle.js'), code);
}

/** Dated when the sources were read, so that a change made during the build is built next time. */
function stamp(dir, date) {
  const file = join(dir, BUILD_STAMP);
  writeFileSync(file, '');
  utimesSync(file, date, date);
}

function swapIn(stagingDir) {
  const replacedDir = `${stagingDir}.replaced`;
  if (existsSync(DIST)) renameSync(DIST, replacedDir);
  renameSync(stagingDir, DIST);
  rmSync(replacedDir, { recursive: true, force: true });
}
