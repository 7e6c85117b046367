import { existsSync } from 'node:fs';
import { GENERATED, HERE, has, run } from './commands.mjs';

const DOCUMENT = `${GENERATED}/openapi.json`;
const VENV = `${HERE}/.venv/bin`;

/** An environment of its own with the pinned packages. @returns the folder of its programs. */
export async function preparePython(requirements) {
  if (!existsSync(VENV)) await run('python3', ['-m', 'venv', `${HERE}/.venv`]);
  await run(`${VENV}/pip`, ['install', '--quiet', '--disable-pip-version-check', '--requirement', requirements]);
  return VENV;
}

const missingPython = () => (has('python3', '-c', 'import ensurepip, venv') ? null : 'python3 with venv');

const python = {
  name: 'openapi-python-client',
  missing: missingPython,
  async check(env) {
    const bin = await preparePython('python/requirements.txt');
    const client = `${GENERATED}/python/postrider_client`;
    // It formats what it has made with ruff, which it looks for on the PATH.
    const withVenv = { PATH: `${bin}:${process.env.PATH}` };
    await run(
      `${bin}/openapi-python-client`,
      ['generate', '--path', DOCUMENT, '--output-path', client, '--meta', 'none', '--overwrite', '--fail-on-warning'],
      { env: withVenv },
    );
    await run(`${bin}/python`, ['-m', 'compileall', '-q', client]);
    await run(`${bin}/python`, ['python/story.py'], { env: { ...env, PYTHONPATH: `${GENERATED}/python` } });
  },
};

const portal = {
  name: 'jsonapi-client for Python, at the portal',
  missing: missingPython,
  async check(env) {
    const bin = await preparePython('python/requirements.txt');
    await run(`${bin}/python`, ['python/portal.py'], { env });
  },
};

const go = {
  name: 'oapi-codegen',
  missing: () => (has('go', 'version') ? null : 'go'),
  async check(env) {
    const inGo = { cwd: `${HERE}/go`, env };
    await run('go', ['tool', 'oapi-codegen', '-config', 'oapi-codegen.yaml', DOCUMENT], inGo);
    await run('go', ['vet', './...'], inGo);
    await run('go', ['run', '.'], inGo);
  },
};

export const OTHER_CLIENTS = [python, portal, go];
