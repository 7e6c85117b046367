import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Client } from 'pg';
import { waitFor } from './engine';

export type PoolMode = 'session' | 'transaction' | 'statement';

/** Where Debian puts it is not on everybody's PATH. */
const PATH = [process.env.PATH ?? '', '/usr/sbin', '/usr/local/sbin'].join(delimiter);
/** It refuses to run as root; as root it takes this user. */
const USER = 'nobody';

export interface PgBouncer {
  /** The database that it was started for, through it. */
  url: string;
  stop(): Promise<void>;
}

/** A real PgBouncer before a database. @throws when it is not installed. */
export async function startPgBouncer({ url, mode }: { url: string; mode: PoolMode }): Promise<PgBouncer> {
  requireInstalled();
  const database = new URL(url);
  const dir = await mkdtemp(join(tmpdir(), 'postrider-pgbouncer-'));
  const port = await freePort();
  const users = join(dir, 'users.txt');
  const config = join(dir, 'pgbouncer.ini');
  await writeFile(users, `"${database.username}" "${decodeURIComponent(database.password)}"\n`);
  await writeFile(
    config,
    `[databases]
* = host=${database.hostname} port=${database.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = 50
`,
  );
  await chmod(dir, 0o755);
  const asUser = process.getuid?.() === 0 ? ['-u', USER] : [];
  const child = spawn('pgbouncer', [...asUser, config], { env: { ...process.env, PATH }, stdio: 'ignore' });
  const through = new URL(url);
  through.host = `127.0.0.1:${port}`;
  await waitFor(async () => ((await answers(through.href)) ? true : undefined), { what: 'PgBouncer answers' });
  return {
    url: through.href,
    async stop() {
      await end(child);
      await rm(dir, { recursive: true });
    },
  };
}

function requireInstalled(): void {
  if (spawnSync('pgbouncer', ['--version'], { env: { ...process.env, PATH } }).error) {
    throw new Error('this test needs PgBouncer: apt-get install pgbouncer (.ci/run does it)');
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
