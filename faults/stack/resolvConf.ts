import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../src/embedded/processes';
import { NotRun } from '../lab';

const MOUNT = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';

/** The command that runs `command` where /etc/resolv.conf is `file`; the machine's own file is not changed. */
export function inNamespace(file: string, command: readonly string[]): string[] {
  return ['unshare', '--mount', 'sh', '-c', MOUNT, file, ...command];
}

/**
 * Writes a resolv.conf that names one server. Two tries of 5 s each, as the resolver's own default is.
 *
 * @throws NotRun where this user may not make a mount namespace.
 */
export async function writeResolvConf({ dir, nameServer }: { dir: string; nameServer: string }): Promise<string> {
  const file = join(dir, 'resolv.conf');
  await writeFile(file, `nameserver ${nameServer}\n`);
  const [program = '', ...args] = inNamespace(file, ['true']);
  const { exitCode, output } = await runCommand(program, args);
  if (exitCode !== 0) throw new NotRun(`no mount namespace can be made here: ${output.trim()}`);
  return file;
}
