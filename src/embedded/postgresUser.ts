import { chown, stat } from 'node:fs/promises';
import type { PostgresBinaries } from './postgresBinaries';
import { type CommandResult, runCommand } from './processes';

interface Ids {
  uid: number;
  gid: number;
}

/** Runs PostgreSQL's programs as a user that PostgreSQL accepts: it refuses to run as root. */
export interface PostgresUser {
  run(command: string, args: string[]): Promise<CommandResult>;
  /** Gives a file or folder that we made to that user. */
  own(path: string): Promise<void>;
}

/**
 * As root: the owner of the folder where a start before gave it to one, else `postgres` or `nobody`.
 * @throws when that user cannot reach the programs or the folder.
 */
export async function choosePostgresUser(input: { folder: string; binaries: PostgresBinaries }): Promise<PostgresUser> {
  const ids = process.getuid?.() === 0 ? await unprivilegedIds(input.folder) : null;
  if (ids) await chown(input.folder, ids.uid, ids.gid);

  const failures: string[] = [];
  for (const run of ids ? [asUser(ids, input.folder), asUserPastClosedFolders(ids)] : [asOurselves]) {
    const trial = await run('/bin/sh', [
      '-c',
      'test -w "$1" && exec "$2" --version',
      'sh',
      input.folder,
      input.binaries.postgres,
    ]);
    if (trial.exitCode === 0) {
      return { run, own: async (path) => (ids ? chown(path, ids.uid, ids.gid) : undefined) };
    }
    failures.push(trial.output.trim() || 'no access');
  }
  throw new Error(
    `the embedded PostgreSQL cannot run as user ${ids?.uid ?? process.getuid?.()}: it must be able to write ` +
      `${input.folder} and to run ${input.binaries.postgres} (${failures.join('; ')}). As root, put checkout and DATA_DIR ` +
      'where that user can reach them, or install util-linux (setpriv); otherwise set a DATA_DIR of your own; or set ' +
      'DATABASE_URL to a PostgreSQL of your own',
  );
}

async function unprivilegedIds(folder: string): Promise<Ids> {
  const { uid, gid } = await stat(folder);
  if (uid !== 0) return { uid, gid };
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const [user, group] = await Promise.all([runCommand('id', ['-u', name]), runCommand('id', ['-g', name])]);
    if (user.exitCode === 0 && group.exitCode === 0) return { uid: Number(user.output), gid: Number(group.output) };
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: start this program as an ' +
      'ordinary user, or set DATABASE_URL to a PostgreSQL of your own',
  );
}

const asOurselves: PostgresUser['run'] = (command, args) => runCommand(command, args);

function asUser(ids: Ids, cwd: string): PostgresUser['run'] {
  return (command, args) => runCommand(command, args, { ...ids, cwd });
}

/**
 * For a checkout or DATA_DIR below a folder that the user may not enter, such as /root. CAP_DAC_OVERRIDE and not the
 * narrower CAP_DAC_READ_SEARCH, because containers grant only the former by default.
 */
function asUserPastClosedFolders(ids: Ids): PostgresUser['run'] {
  const identity = ['--reuid', String(ids.uid), '--regid', String(ids.gid), '--clear-groups'];
  const capability = ['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override'];
  return (command, args) => runCommand('setpriv', [...identity, ...capability, '--', command, ...args], { cwd: '/' });
}
