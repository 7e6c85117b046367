import { randomBytes } from 'node:crypto';
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, DatabaseError } from 'pg';
import type { Logger } from 'pino';
import { keepRunning, type Watch } from './keepRunning';
import { locatePostgresBinaries } from './postgresBinaries';
import { choosePostgresUser, type PostgresUser } from './postgresUser';
import { adoptRunning, isRunning, launch, type Postmaster, shutDown } from './postmaster';
import { waitFor } from './processes';
import { claimServerFolder, fileSizeBytes, logSince } from './serverFolder';

const USER = 'postrider';
const DATABASE = 'postrider';

const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=256MB',
  'max_wal_size=2GB',
  // CPU is what a small machine with everything on it lacks, not disk.
  'wal_compression=off',
  // Every hot query is a short index look-up; compiling a plan whose estimate is off costs more than it runs.
  'jit=off',
  'timezone=UTC',
  'log_timezone=UTC',
  // The detail of an error quotes the row that failed, payload and all.
  'log_error_verbosity=terse',
];

const WITHOUT_DURABILITY = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off'];

/** Crash recovery may take minutes; the server logs its progress every 10 s (`log_startup_progress_interval`). */
const MAX_SILENT_START_MS = 120_000;

export interface EmbeddedPostgres {
  /** With the password, for the superuser `postrider` and the database `postrider`. */
  url: string;
  port: number;
  /** From now on it is started again when it dies, on the same port. */
  keepRunning(): void;
  stop(): Promise<void>;
}

interface Server extends Postmaster {
  password: string;
}

/**
 * Starts PostgreSQL on `<dataDir>/postgres`, or adopts the one that a killed process left running there, and waits until
 * it has recovered. It listens on 127.0.0.1 only.
 * @throws with the end of the server's log when it does not come up.
 */
export async function startEmbeddedPostgres(input: {
  dataDir: string;
  log: Logger;
  /** For databases that are thrown away: a crash may spoil them. */
  withoutDurability?: boolean;
  /** Where another version of PostgreSQL's package is installed; default: the one that comes with this program. */
  packageFolder?: string;
}): Promise<EmbeddedPostgres> {
  const folder = await claimServerFolder(join(input.dataDir, 'postgres'));
  try {
    const binaries = await locatePostgresBinaries(input.packageFolder);
    const user = await choosePostgresUser({ folder: folder.path, binaries });
    const server: Server = {
      binaries,
      user,
      clusterDir: join(folder.path, 'cluster'),
      logFile: join(folder.path, 'server.log'),
      portFile: join(folder.path, 'port.json'),
      password: await ensurePassword({ file: join(folder.path, 'password'), user }),
      settings: input.withoutDurability ? [...SETTINGS, ...WITHOUT_DURABILITY] : SETTINGS,
      log: input.log,
    };
    await ensureCluster({ server, passwordFile: join(folder.path, 'password') });
    const port = await ensureRunning(server);
    await ensureDatabase({ server, port });
    let stopping: Promise<void> | null = null;
    let watch: Watch | null = null;
    return {
      url: connectionUrl({ server, port, database: DATABASE }),
      port,
      keepRunning() {
        const restart = async () => void (await ensureRunning(server, { port }));
        watch ??= keepRunning({ name: 'PostgreSQL', isRunning: () => isRunning(server), restart, log: input.log });
      },
      stop() {
        const stop = async () => {
          await watch?.stop();
          await shutDown(server);
        };
        stopping ??= stop().finally(() => folder.release());
        return stopping;
      },
    };
  } catch (error) {
    folder.release();
    throw error;
  }
}

async function ensurePassword(input: { file: string; user: PostgresUser }): Promise<string> {
  const known = await readFile(input.file, 'utf8').catch(() => null);
  if (known) return known.trim();
  const password = randomBytes(32).toString('base64url');
  await writeFile(input.file, `${password}\n`, { mode: 0o600 });
  await chmod(input.file, 0o600);
  await input.user.own(input.file);
  return password;
}

async function ensureCluster(input: { server: Server; passwordFile: string }): Promise<void> {
  const { server } = input;
  const versionFile = join(server.clusterDir, 'PG_VERSION');
  if (await readFile(versionFile).catch(() => null)) return;
  // initdb works beside the final place: what a kill leaves of it is never taken for a cluster.
  const unfinishedDir = `${server.clusterDir}.unfinished`;
  await rm(unfinishedDir, { recursive: true, force: true });
  const result = await server.user.run(server.binaries.initdb, [
    `--pgdata=${unfinishedDir}`,
    `--username=${USER}`,
    `--pwfile=${input.passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    ...localeArguments(server.binaries.majorVersion),
  ]);
  if (result.exitCode !== 0) throw new Error(`initdb failed: ${result.output.trim()}`);
  await rename(unfinishedDir, server.clusterDir);
}

/** Characters beyond ASCII have letter cases and classes in both. Before version 17 only the system's library knows them. */
function localeArguments(majorVersion: number): string[] {
  if (majorVersion < 17) return ['--locale=C.UTF-8'];
  return ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
}

/** @param only the port that it must have; default: the one it had, if that is free. */
async function ensureRunning(server: Server, only: { port?: number } = {}): Promise<number> {
  const adopted = await adoptRunning(server);
  // One that was shutting down is gone by now.
  if (adopted !== null && (await becomesReady({ server, port: adopted }))) return adopted;
  const port = await launch(server, only);
  if (await becomesReady({ server, port })) return port;
  throw new Error(`the embedded PostgreSQL has ended while it started: ${await logSince(server.logFile, 0)}`);
}

/**
 * False when the server has ended.
 * @throws when it runs, but is not ready and has logged nothing for `MAX_SILENT_START_MS`.
 */
async function becomesReady(input: { server: Server; port: number }): Promise<boolean> {
  const { server } = input;
  const isReady = () => withClient({ ...input, database: 'postgres', use: async () => true }).catch(isNotYetReady);
  let logBytes = await fileSizeBytes(server.logFile);
  let silentSinceMs = performance.now();
  while (!(await waitFor({ condition: isReady, timeoutMs: 5_000 }))) {
    if (!(await isRunning(server))) return false;
    server.log.info('embedded PostgreSQL is recovering');
    const nowBytes = await fileSizeBytes(server.logFile);
    if (nowBytes !== logBytes) silentSinceMs = performance.now();
    logBytes = nowBytes;
    if (performance.now() - silentSinceMs > MAX_SILENT_START_MS) {
      throw new Error(`the embedded PostgreSQL does not become ready: ${await logSince(server.logFile, 0)}`);
    }
  }
  return true;
}

/** Null for a server that starts or recovers (57P03) or does not listen yet; throws for any other answer. */
function isNotYetReady(error: unknown): null {
  const isServersAnswer = error instanceof DatabaseError;
  if (isServersAnswer && error.code !== '57P03') throw error;
  return null;
}

async function ensureDatabase(input: { server: Server; port: number }): Promise<void> {
  await withClient({
    ...input,
    database: 'postgres',
    use: async (client) => {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
    },
  });
}

async function withClient<T>(input: {
  server: Server;
  port: number;
  database: string;
  use: (client: Client) => Promise<T>;
}): Promise<T> {
  const client = new Client({ connectionString: connectionUrl(input), connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    return await input.use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function connectionUrl(input: { server: Server; port: number; database: string }): string {
  return `postgresql://${USER}:${input.server.password}@127.0.0.1:${input.port}/${input.database}`;
}
