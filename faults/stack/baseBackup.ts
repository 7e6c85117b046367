import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { locatePostgresBinaries } from '../../src/embedded/postgresBinaries';
import { choosePostgresUser } from '../../src/embedded/postgresUser';
import type { PostgresServer } from './postgresServer';

/** What belongs to the running server alone; a restored one makes it anew (pg_basebackup leaves it out too). */
const LEFT_OUT = ['postmaster.pid', 'postmaster.opts'];
/** The same of folders, which must be there. */
const EMPTIED = ['pg_replslot', 'pg_stat_tmp', 'pg_notify', 'pg_dynshmem', 'pg_subtrans'];

/**
 * A physical base backup of a server under load, as pg_basebackup takes it: that program is not among the embedded
 * binaries, so this is PostgreSQL's own low-level way (pg_backup_start, a copy of the files, pg_backup_stop).
 *
 * @param to the data directory of another server, which can be started on it.
 */
export async function takeBaseBackup(from: PostgresServer, to: string): Promise<void> {
  const folder = join(to, 'postgres');
  await mkdir(folder, { recursive: true });
  const target = join(folder, 'cluster');
  const session = await from.connect();
  try {
    // Until this session ends the server keeps all of its log from here on.
    await session.query("SELECT pg_create_physical_replication_slot('backup', true, true)");
    await session.query("SELECT pg_backup_start('faults', true)");
    await copyTree(from.clusterDir, target);
    for (const name of EMPTIED) {
      for (const entry of await readdir(join(target, name))) await rm(join(target, name, entry), { recursive: true });
    }
    const { rows } = await session.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    await writeFile(join(target, 'backup_label'), rows[0]?.labelfile ?? '');
    // Without the log up to the backup's end the files do not fit one another.
    await rm(join(target, 'pg_wal'), { recursive: true });
    await copyTree(join(from.clusterDir, 'pg_wal'), join(target, 'pg_wal'));
  } finally {
    await session.end();
  }
  await cp(join(from.dataDir, 'postgres', 'password'), join(folder, 'password'));
  await giveToServersUser(folder);
}

const TRIES = 5;

/** A file may vanish while it is copied, and then all is copied once more: what becomes of it is in the log. */
async function copyTree(source: string, target: string): Promise<void> {
  const isCopied = (path: string) =>
    !LEFT_OUT.includes(relative(source, path)) && !basename(path).startsWith('pgsql_tmp');
  for (let tries = 1; ; tries++) {
    try {
      await cp(source, target, { recursive: true, filter: isCopied });
      return;
    } catch (error) {
      if (tries === TRIES || !(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}

async function giveToServersUser(folder: string): Promise<void> {
  const user = await choosePostgresUser({ folder, binaries: await locatePostgresBinaries() });
  for (const entry of await readdir(folder, { recursive: true })) await user.own(join(folder, entry));
}

/** Makes a backup of that server a standby of it, which asks for what the replication slot of its name has kept. */
export async function makeStandby(primary: PostgresServer, dataDir: string, { name }: { name: string }): Promise<void> {
  const cluster = join(dataDir, 'postgres', 'cluster');
  const { hostname, port, username, password } = new URL(primary.url());
  const connection = `host=${hostname} port=${port} user=${username} password=${password} application_name=${name}`;
  const settings = `primary_conninfo = '${connection}'\nprimary_slot_name = '${name}'\n`;
  const file = join(cluster, 'postgresql.auto.conf');
  await writeFile(file, `${await readFile(file, 'utf8')}${settings}`);
  await writeFile(join(cluster, 'standby.signal'), '');
  await giveToServersUser(join(dataDir, 'postgres'));
}
