import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const ROOT = join(__dirname, '../../..');

interface Step {
  uses?: string;
  run?: string;
}
interface Job {
  steps: Step[];
  permissions?: Record<string, string>;
}
const workflow: { permissions: Record<string, string>; jobs: Record<'check' | 'release', Job> } = parse(
  readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8'),
);
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
const commands = steps.flatMap(({ run = '' }) => run.split('\n'));

test('the release workflow runs scripts that are there', () => {
  const scripts = commands.flatMap((line) => /\b(?:node|bash) (\S+)/.exec(line)?.slice(1) ?? []);
  expect(scripts).toEqual(expect.arrayContaining(['.ci/run', 'scripts/releaseNotes.mjs', 'scripts/checkPack.mjs']));
  for (const script of scripts) expect([script, existsSync(join(ROOT, script))]).toEqual([script, true]);
});

test('every action of it is named by its exact version', () => {
  for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+\.\d+\.\d+$/);
});

test('only the job that releases may write', () => {
  expect(workflow.permissions).toEqual({ contents: 'read' });
  expect(workflow.jobs.check.permissions).toBeUndefined();
  expect(workflow.jobs.release.permissions).toEqual(
    expect.objectContaining({ 'id-token': 'write', attestations: 'write' }),
  );
});

test('the bill of materials names what runs, and nothing of the tools', () => {
  const args = ['sbom', '--omit=dev', '--package-lock-only', '--sbom-format=cyclonedx'];
  const { components } = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 }));
  const names: string[] = components.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(['express', 'pg', 'knex', 'pino']));
  expect(names.filter((name) => /^(jest|typescript|@biomejs\/biome)$/.test(name))).toEqual([]);
});

test('a release that the changelog or the chart does not know is refused', () => {
  const notes = (version: string) =>
    execFileSync(process.execPath, ['scripts/releaseNotes.mjs', version], { cwd: ROOT, stdio: 'pipe' });
  expect(() => notes('99.0.0')).toThrow(/package\.json says .*, not 99\.0\.0/);
});
