import { execFile, spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export const HERE = dirname(dirname(fileURLToPath(import.meta.url)));

/** Below it, everything that is generated. */
export const GENERATED = `${HERE}/.generated`;

/** Whether the machine has a program that answers to these arguments. */
export function has(program, ...args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Does not block: this process is the receiver of what is delivered meanwhile. @throws with what the command printed. */
export async function run(program, args, { env = {}, cwd = HERE } = {}) {
  try {
    await execute(program, args, { cwd, env: { ...process.env, ...env }, maxBuffer: MAX_OUTPUT_BYTES });
  } catch (error) {
    throw new Error([error.message, error.stdout].join('\n'), { cause: error });
  }
}

/** A program of a package, with this very Node.js. @param bin below node_modules. */
export const runBin = (bin, args, options) => run(process.execPath, [`node_modules/${bin}`, ...args], options);
