import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { say } from '../common.mjs';

const HELM = { module: 'helm.sh/helm/v3/cmd/helm', version: 'v3.22.0' };
const KUBECONFORM = { module: 'github.com/yannh/kubeconform/cmd/kubeconform', version: 'v0.8.0' };
/** The oldest Go that compiles both. */
const MINIMUM_GO = [1, 26];
/** Kubernetes' own JSON schemas come with this package; the version of Kubernetes is the first two numbers of its own. */
const SCHEMAS = {
  requirement: 'kubernetes-validate==1.37.0',
  sha256: '85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9',
};
export const KUBERNETES_VERSION = '1.37.0';

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'postrider', 'helm');

/** Why the chart cannot be checked on this machine; null when it can. */
export function whatIsMissing() {
  const go = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' });
  if (go.error) return 'there is no Go to build helm and kubeconform with';
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(go.stdout) ?? [];
  const isOld = Number(major) < MINIMUM_GO[0] || (Number(major) === MINIMUM_GO[0] && Number(minor) < MINIMUM_GO[1]);
  if (isOld) return `helm needs Go ${MINIMUM_GO.join('.')} or newer, and this is ${go.stdout.trim()}`;
  if (spawnSync('python3', ['-m', 'pip', '--version']).status !== 0)
    return 'there is no pip to bring the schemas of Kubernetes';
  return null;
}

/**
 * Builds what is not in the cache yet: three to four minutes of CPU for helm, the first time.
 * @throws when a build or a download fails.
 */
export function prepareTools() {
  return { helm: build(HELM), kubeconform: build(KUBECONFORM), schemas: unpackSchemas() };
}

function build({ module, version }) {
  const name = module.split('/').at(-1);
  const folder = join(CACHE, `${name}-${version}`);
  const binary = join(folder, name);
  if (existsSync(binary)) return binary;
  say(`Building ${name} ${version} into ${folder} ...`);
  const unfinished = `${folder}.${process.pid}`;
  execFileSync('go', ['install', `${module}@${version}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, GOBIN: unfinished, GOFLAGS: '' },
  });
  moveInto(folder, unfinished);
  return binary;
}

function unpackSchemas() {
  const folder = join(CACHE, `schemas-${SCHEMAS.requirement.replace('==', '-')}`);
  if (existsSync(folder)) return folder;
  say('Fetching the schemas of Kubernetes ...');
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  const args = [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '--no-cache-dir',
    '--dest',
    unfinished,
    SCHEMAS.requirement,
  ];
  execFileSync('python3', args, { stdio: 'inherit' });
  const unpack = [join(import.meta.dirname, 'unpackSchemas.py'), unfinished, KUBERNETES_VERSION, SCHEMAS.sha256];
  execFileSync('python3', unpack, { stdio: 'inherit' });
  moveInto(folder, unfinished);
  return folder;
}

/** Another process may have been faster: what is there is the same. */
function moveInto(folder, unfinished) {
  if (!existsSync(folder)) renameSync(unfinished, folder);
  else rmSync(unfinished, { recursive: true });
}
