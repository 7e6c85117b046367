import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import pino from 'pino';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/embedded/postgres';
import { describeProcess, waitFor } from '../../../src/embedded/processes';
import { testServers } from '../../support/servers';

// Real servers start and recover in here, perhaps on a busy machine.
jest.setTimeout(60_000);

const log = pino({ level: 'silent' });
const running: EmbeddedPostgres[] = [];

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log });
  running.push(server);
  return server;
}

function newDataDir(): Promise<string> {
  return mkdtemp(join(testServers().runDir, 'postgres-'));
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterPid(dataDir: string): Promise<number> {
  const content = await readFile(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8');
  return Number.parseInt(content, 10);
}

async function killPostmaster(dataDir: string): Promise<void> {
  const pid = await postmasterPid(dataDir);
  process.kill(pid, 'SIGKILL');
  await waitFor({ condition: async () => (await describeProcess(pid)) === null, timeoutMs: 5_000 });
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

test('keeps its data, port and password over a stop, and its server is safe for data', async () => {
  const dataDir = await newDataDir();
  const first = await start(dataDir);
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one');
  const [settings] = await query(
    first.url,
    `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
            current_setting('data_checksums') AS checksums, current_setting('listen_addresses') AS addresses,
            current_setting('timezone') AS timezone, current_setting('server_encoding') AS encoding`,
  );
  expect(settings).toEqual({
    fsync: 'on',
    commit: 'on',
    checksums: 'on',
    addresses: '127.0.0.1',
    timezone: 'UTC',
    encoding: 'UTF8',
  });
  await first.stop();

  const second = await start(dataDir);
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  expect((await stat(join(dataDir, 'postgres', 'password'))).mode & 0o777).toBe(0o600);
  const wrongPassword = second.url.replace(/:[^:@]+@/, ':wrong@');
  await expect(query(wrongPassword, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
});

test('comes back with what was committed after SIGKILL of the server', async () => {
  const dataDir = await newDataDir();
  const first = await start(dataDir);
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one');
  await killPostmaster(dataDir);

  const second = await start(dataDir);
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
});

test('starts though a stranger has got the dead server’s pid, and though a busy backend outlives it', async () => {
  const dataDir = await newDataDir();
  const first = await start(dataDir);
  const busy = new Client({ connectionString: first.url });
  busy.on('error', () => undefined);
  await busy.connect();
  const slept = busy.query('SELECT count(*) FROM generate_series(1, 3000000)').catch(() => undefined);
  await killPostmaster(dataDir);
  // A stranger of another user would not trouble PostgreSQL.
  const cluster = join(dataDir, 'postgres', 'cluster');
  const { uid, gid } = await stat(cluster);
  const stranger = spawn('sleep', ['600'], { uid, gid, cwd: '/' });
  const [, ...rest] = (await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n');
  await writeFile(join(cluster, 'postmaster.pid'), [stranger.pid, ...rest].join('\n'));

  const second = await start(dataDir);
  expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await slept;
  await busy.end();
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  stranger.kill();
});

test('adopts the server that a killed process has left running', async () => {
  const dataDir = await newDataDir();
  const first = await start(dataDir);
  const pid = await postmasterPid(dataDir);

  const second = await start(dataDir);
  expect(second.url).toBe(first.url);
  expect(await postmasterPid(dataDir)).toBe(pid);
  await second.stop();
  expect(await describeProcess(pid)).toBeNull();
});

test('takes another port when a stranger has taken its own', async () => {
  const dataDir = await newDataDir();
  const first = await start(dataDir);
  await first.stop();
  const stranger = await listen(first.port);
  try {
    const second = await start(dataDir);
    expect(second.port).not.toBe(first.port);
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  } finally {
    await new Promise((resolve) => stranger.close(resolve));
  }
});

test('starts on what a kill left of an unfinished initdb', async () => {
  const dataDir = await newDataDir();
  await (await start(dataDir)).stop();
  const folder = join(dataDir, 'postgres');
  await rename(join(folder, 'cluster'), join(folder, 'cluster.unfinished'));
  const server = await start(dataDir);
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(await readdir(folder)).not.toContain('cluster.unfinished');
});

test('refuses a folder that a living process owns', async () => {
  const dataDir = await newDataDir();
  await (await start(dataDir)).stop();
  const owner = await describeProcess(process.ppid);
  await writeFile(
    join(dataDir, 'postgres', 'owner.json'),
    JSON.stringify({ pid: process.ppid, startMark: owner?.startMark }),
  );
  await expect(start(dataDir)).rejects.toThrow(`is in use by process ${process.ppid}`);
});

function listen(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => resolve(server));
  });
}

test('one that dies is started again on its port, with what it had', async () => {
  const dataDir = await newDataDir();
  const server = await start(dataDir);
  server.keepRunning();
  await query(server.url, 'CREATE TABLE kept AS SELECT 1 AS one');
  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    const pid = await postmasterPid(dataDir);
    process.kill(pid, signal);
    const isBack = async () => (await postmasterPid(dataDir).catch(() => pid)) !== pid;
    expect(await waitFor({ condition: isBack, timeoutMs: 30_000 })).toBe(true);
    const read = () => query(server.url, 'SELECT one FROM kept').catch(() => null);
    expect(await waitFor({ condition: read, timeoutMs: 30_000 })).toEqual([{ one: 1 }]);
  }
  const pid = await postmasterPid(dataDir);
  await server.stop();
  expect(await describeProcess(pid)).toBeNull();
});
