import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { choosePort } from './ports';
import type { PostgresBinaries } from './postgresBinaries';
import type { PostgresUser } from './postgresUser';
import { describeProcess, waitFor } from './processes';
import { fileSizeBytes, logSince, readJson, rotateLog, writeJson } from './serverFolder';

/** Orphaned backends of a killed postmaster end by themselves, as soon as they look up from their query. */
const MAX_ORPHAN_WAIT_MS = 60_000;

/** One PostgreSQL cluster on disk and what it takes to run its postmaster. */
export interface Postmaster {
  binaries: PostgresBinaries;
  user: PostgresUser;
  clusterDir: string;
  logFile: string;
  portFile: string;
  settings: string[];
  log: Logger;
}

/** The port of a postmaster that still runs on the cluster, or null. */
export async function adoptRunning(server: Postmaster): Promise<number | null> {
  const found = await readPidFile(server);
  if (!found) return null;
  if (!(await isRunning(server))) {
    await disownPidFile(server);
    return null;
  }
  // The port is in the file a moment after the pid.
  const readPort = async () => (await readPidFile(server))?.port ?? null;
  const port = await waitFor({ condition: readPort, timeoutMs: 10_000 });
  server.log.info({ serverPid: found.pid, port }, 'embedded PostgreSQL is still running: adopted');
  return port;
}

/**
 * PostgreSQL takes any process under the dead postmaster's pid for a running server, a stranger and a zombie too, but
 * its grandparent's pid, ours, for a stale entry. The file stays, because from its other lines PostgreSQL learns whether
 * orphans of the dead postmaster still use the cluster's shared memory.
 */
async function disownPidFile(server: Postmaster): Promise<void> {
  const file = join(server.clusterDir, 'postmaster.pid');
  const [, ...rest] = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, [process.pid, ...rest].join('\n'));
}

/**
 * Returns the port once the postmaster runs; it may still be recovering then.
 *
 * @param only the port that it must have: whoever has it for a moment is waited for.
 * @throws with what it logged when it does not stay up.
 */
export async function launch(server: Postmaster, only: { port?: number } = {}): Promise<number> {
  await rotateLog(server.logFile);
  const known = await readJson<{ port: number }>(server.portFile);
  let port = only.port ?? (await choosePort(known?.port));
  const startOnce = async () => {
    const logStart = await fileSizeBytes(server.logFile);
    const options = [`port=${port}`, ...server.settings].map((setting) => `-c ${setting}`).join(' ');
    const args = ['start', '-w', '-t', '60', '-D', server.clusterDir, '-l', server.logFile, '-o', options];
    const result = await server.user.run(server.binaries.pgCtl, args);
    // Exit code 1 also says "not ready within 60 s": a server that recovers.
    if (result.exitCode === 0 || (await isRunning(server))) return true;
    const reason = `${result.output.trim()}\n${await logSince(server.logFile, logStart)}`;
    if (/Address already in use/.test(reason)) {
      port = only.port ?? (await choosePort());
      return null;
    }
    if (/pre-existing shared memory block/.test(reason)) return null;
    throw new Error(`the embedded PostgreSQL does not start: ${reason}`);
  };
  const started = await waitFor({ condition: startOnce, timeoutMs: MAX_ORPHAN_WAIT_MS, intervalMs: 500 });
  if (!started) throw new Error(`the embedded PostgreSQL does not start: ${await logSince(server.logFile, 0)}`);
  await writeJson(server.portFile, { port });
  return port;
}

export async function shutDown(server: Postmaster): Promise<void> {
  const pgCtl = (mode: string) =>
    server.user.run(server.binaries.pgCtl, ['stop', '-w', '-t', '60', '-m', mode, '-D', server.clusterDir]);
  if (!(await isRunning(server))) return;
  if ((await pgCtl('fast')).exitCode === 0) return;
  const result = await pgCtl('immediate');
  // The first call may have given up a moment before the server was gone.
  if (result.exitCode !== 0 && (await isRunning(server)))
    throw new Error(`the embedded PostgreSQL does not stop: ${result.output.trim()}`);
}

export async function isRunning(server: Postmaster): Promise<boolean> {
  const found = await readPidFile(server);
  return (
    found !== null && ((await describeProcess(found.pid))?.commandLine.includes(`-D ${server.clusterDir}`) ?? false)
  );
}

/** What `postmaster.pid` says: pid in line 1, port in line 4 (PostgreSQL's pidfile.h). */
async function readPidFile(server: Postmaster): Promise<{ pid: number; port: number | null } | null> {
  const content = await readFile(join(server.clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = content.split('\n');
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, port: Number(lines[3]) || null } : null;
}
