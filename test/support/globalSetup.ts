import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/searchAttributes';
import { migrate } from '../../src/db/migrate';
import { chooseCacheDir } from '../../src/embedded/binaryCache';
import { startEmbeddedPostgres } from '../../src/embedded/postgres';
import { startEmbeddedTemporal } from '../../src/embedded/temporal';
import { findTemporalCli, findTemporalTestServer } from '../../src/embedded/temporalBinary';
import { FIRST_NAMESPACES, keepNamespacesAhead } from './namespaces';
import { createTemplate } from './postgres';
import { TEST_SERVERS_VARIABLE, type TestServers } from './servers';

declare global {
  /** Read by globalTeardown, which jest runs in the same process. */
  var stopTestServers: (() => Promise<void>) | undefined;
}

/** One PostgreSQL and one Temporal for the whole jest run: jest calls this once, however many projects name it. */
export default async function globalSetup(): Promise<void> {
  const runDir = await mkdtemp(join(tmpdir(), 'postrider-test-'));
  // PostgreSQL, which as root runs as another user, must be able to enter it.
  await chmod(runDir, 0o755);
  const watchdog = spawn(process.execPath, [join(__dirname, 'watchdog.mjs'), runDir, String(process.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const stops: (() => Promise<void>)[] = [];
  globalThis.stopTestServers = async () => {
    await Promise.all(stops.map((stop) => stop()));
    await endWatchdog(watchdog);
  };
  try {
    const file = join(runDir, 'servers.json');
    await writeFile(file, JSON.stringify(await startServers({ runDir, stops })));
    process.env[TEST_SERVERS_VARIABLE] = file;
  } catch (error) {
    // Jest runs no globalTeardown after a globalSetup that has failed.
    await globalThis.stopTestServers();
    throw error;
  }
}

async function startServers(input: { runDir: string; stops: (() => Promise<void>)[] }): Promise<TestServers> {
  const { runDir, stops } = input;
  const log = pino({ level: 'warn' });
  const cacheDir = await chooseCacheDir({ dataDir: '.data' });
  const onProgress = (message: string) => process.stderr.write(`${message}\n`);
  const dataDir = join(runDir, 'servers');

  const postgres = async () => {
    const server = await startEmbeddedPostgres({
      dataDir,
      log,
      withoutDurability: true,
      // scripts/withPostgres.mjs sets it, so that the tests run on another version.
      packageFolder: process.env.TEST_POSTGRES_FOLDER,
    });
    stops.push(server.stop);
    await createTemplate({ adminUrl: server.url, migrate });
    return server;
  };
  const temporal = async () => {
    const cliPath = await findTemporalCli({ cliPath: process.env.TEMPORAL_CLI_PATH, cacheDir, onProgress });
    const server = await startEmbeddedTemporal({
      dataDir,
      cliPath,
      namespace: 'default',
      searchAttributes: SEARCH_ATTRIBUTES,
      extraNamespaces: FIRST_NAMESPACES,
      // Everybody waits for it here, and a machine busy with tests would let it wait for seconds.
      standsBack: false,
      log,
    });
    const endRegistering = keepNamespacesAhead({ address: server.address, runDir });
    stops.push(async () => {
      await endRegistering();
      await server.stop();
    });
    return { ...server, cliPath };
  };

  const results = await Promise.allSettled([postgres(), temporal(), findTemporalTestServer({ cacheDir, onProgress })]);
  const [database, workflows, testServer] = results;
  if (database.status === 'rejected') throw database.reason;
  if (workflows.status === 'rejected') throw workflows.reason;
  if (testServer.status === 'rejected') throw testServer.reason;
  return {
    runDir,
    adminUrl: database.value.url,
    temporalAddress: workflows.value.address,
    temporalUiUrl: workflows.value.uiUrl,
    cliPath: workflows.value.cliPath,
    testServerPath: testServer.value,
  };
}

async function endWatchdog(watchdog: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => watchdog.once('exit', resolve));
  watchdog.stdin?.end();
  await ended;
}
