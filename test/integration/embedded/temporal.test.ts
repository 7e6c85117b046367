import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pino from 'pino';
import { describeProcess, waitFor } from '../../../src/embedded/processes';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../../src/embedded/temporal';
import { testServers } from '../../support/servers';

// Real servers start and recover in here, perhaps on a busy machine.
jest.setTimeout(60_000);

const running: EmbeddedTemporal[] = [];
const logged: string[] = [];
const log = pino({ level: 'info' }, { write: (line: string) => logged.push(line) });

async function start(dataDir: string): Promise<EmbeddedTemporal> {
  const server = await startEmbeddedTemporal({
    dataDir,
    cliPath: testServers().cliPath,
    namespace: 'default',
    extraNamespaces: ['other'],
    searchAttributes: { TenantId: 'Keyword', Attempt: 'Int' },
    log,
  });
  running.push(server);
  return server;
}

function newDataDir(): Promise<string> {
  return mkdtemp(join(testServers().runDir, 'temporal-'));
}

async function withClient<T>(server: EmbeddedTemporal, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: server.address });
  try {
    return await use(new Client({ connection, namespace: 'other' }));
  } finally {
    await connection.close();
  }
}

function startWorkflow(server: EmbeddedTemporal): Promise<string> {
  return withClient(server, async (client) => {
    const handle = await client.workflow.start('waits', {
      workflowId: 'waits',
      taskQueue: 'nobody-polls',
      searchAttributes: { TenantId: ['t'], Attempt: [1] },
    });
    return handle.firstExecutionRunId;
  });
}

function runIdOf(server: EmbeddedTemporal): Promise<string> {
  return withClient(server, async (client) => (await client.workflow.getHandle('waits').describe()).runId);
}

async function serverPid(dataDir: string): Promise<number> {
  return JSON.parse(await readFile(join(dataDir, 'temporal', 'process.json'), 'utf8')).pid;
}

async function isGone(pid: number): Promise<boolean> {
  return (await describeProcess(pid)) === null;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

test('stands back for whoever wants the processor, with all its threads', async () => {
  const dataDir = await newDataDir();
  await start(dataDir);
  const pid = await serverPid(dataDir);
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [pid]);
  expect(Math.min(...threads.map((id) => getPriority(Number(id))))).toBeGreaterThanOrEqual(5);
  const autogroup = await readFile(`/proc/${pid}/autogroup`, 'utf8').catch(() => 'nice 5');
  expect(autogroup).toMatch(/nice 5$/m);
});

test('keeps workflows, address and UI over a stop', async () => {
  const dataDir = await newDataDir();
  const first = await start(dataDir);
  const runId = await startWorkflow(first);
  const pid = await serverPid(dataDir);
  await first.stop();
  expect(await isGone(pid)).toBe(true);

  const second = await start(dataDir);
  expect({ address: second.address, uiUrl: second.uiUrl }).toEqual({ address: first.address, uiUrl: first.uiUrl });
  expect(await runIdOf(second)).toBe(runId);
  expect((await fetch(`${second.uiUrl}`)).status).toBe(200);
});

test('keeps workflows over SIGKILL', async () => {
  const dataDir = await newDataDir();
  const runId = await startWorkflow(await start(dataDir));
  const pid = await serverPid(dataDir);
  process.kill(pid, 'SIGKILL');
  await waitFor({ condition: () => isGone(pid), timeoutMs: 5_000 });
  expect(await runIdOf(await start(dataDir))).toBe(runId);
});

test('replaces the server that a killed process has left running', async () => {
  const dataDir = await newDataDir();
  const runId = await startWorkflow(await start(dataDir));
  const leftover = await serverPid(dataDir);
  const second = await start(dataDir);
  expect(await isGone(leftover)).toBe(true);
  expect(await runIdOf(second)).toBe(runId);
});

test('leaves alone a stranger that has got the pid of its server', async () => {
  const dataDir = await newDataDir();
  await (await start(dataDir)).stop();
  await writeFile(join(dataDir, 'temporal', 'process.json'), JSON.stringify({ pid: process.ppid }));
  await start(dataDir);
  expect(await isGone(process.ppid)).toBe(false);
});

test.each([
  { spoiled: 'overwritten', content: 'not a database'.repeat(1000) },
  { spoiled: 'empty', content: '' },
])('sets a database file aside that is $spoiled', async ({ content }) => {
  const dataDir = await newDataDir();
  const first = await start(dataDir);
  await first.stop();
  const file = join(dataDir, 'temporal', 'temporal.db');
  await writeFile(file, content);
  // From a whole write-ahead log SQLite would make the file good again.
  await rm(`${file}-wal`);

  const second = await start(dataDir);
  expect(second.address).toBe(first.address);
  const names = await readdir(join(dataDir, 'temporal'));
  expect(names.filter((name) => /^temporal\.db\.spoiled-[^-]+-[^-]+-[^-]+-[^-]+-[^-]+$/.test(name))).toHaveLength(1);
  expect(logged.join('')).toContain('was spoiled and is set aside');
});

test('one that dies is started again on its ports, with its workflows', async () => {
  const dataDir = await newDataDir();
  const server = await start(dataDir);
  server.keepRunning();
  const runId = await startWorkflow(server);
  const pid = await serverPid(dataDir);
  process.kill(pid, 'SIGKILL');
  const isBack = async () => (await serverPid(dataDir)) !== pid;
  expect(await waitFor({ condition: isBack, timeoutMs: 30_000 })).toBe(true);
  expect(await waitFor({ condition: () => runIdOf(server).catch(() => null), timeoutMs: 30_000 })).toBe(runId);
  const again = await serverPid(dataDir);
  await server.stop();
  expect(await isGone(again)).toBe(true);
});
