import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/searchAttributes';
import { chooseCacheDir } from '../../src/embedded/binaryCache';
import { describeProcess, sendSignal, waitFor } from '../../src/embedded/processes';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../src/embedded/temporal';
import { findTemporalCli } from '../../src/embedded/temporalBinary';

const NAMESPACE = 'default';
const GONE_WITHIN_MS = 30_000;
const CALL_TIMEOUT_MS = 15_000;

interface Options {
  dataDir: string;
  log: Logger;
}

/** Temporal, as a driver from outside sees it: past every proxy. */
export interface TemporalServer {
  readonly address: string;
  readonly namespace: string;
  readonly description: string;
  /** null: another's server, which is not ours to hurt. */
  readonly own: OwnTemporal | null;
  use<T>(ask: (client: Client) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export interface OwnTemporal {
  readPid(): Promise<number>;
  kill9(): Promise<void>;
  /** After `kill9`. */
  deleteDatabase(): Promise<void>;
  suspend(): Promise<void>;
  /** Whatever was done to it: it runs again. */
  restore(): Promise<void>;
}

async function useClient<T>(address: string, namespace: string, ask: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, namespace });
    return await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => ask(client));
  } finally {
    await connection.close();
  }
}

/** The one that TEMPORAL_ADDRESS names, else a dev server of our own on a database file of its own. */
export async function startTemporal(options: Options): Promise<TemporalServer> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace = NAMESPACE } = process.env;
  if (!address) return startOwn(options);
  return {
    address,
    namespace,
    description: `Temporal at ${address}, namespace ${namespace}`,
    own: null,
    use: (ask) => useClient(address, namespace, ask),
    stop: async () => undefined,
  };
}

async function startOwn({ dataDir, log }: Options): Promise<TemporalServer> {
  const cliPath = await findTemporalCli({
    cliPath: process.env.TEMPORAL_CLI_PATH,
    cacheDir: await chooseCacheDir({ dataDir }),
    onProgress: (line) => log.info({ line }),
  });
  const start = (): Promise<EmbeddedTemporal> =>
    startEmbeddedTemporal({
      dataDir,
      cliPath,
      namespace: NAMESPACE,
      searchAttributes: SEARCH_ATTRIBUTES,
      headless: true,
      log,
    });
  const folder = join(dataDir, 'temporal');
  const readPid = async () => Number(JSON.parse(await readFile(join(folder, 'process.json'), 'utf8')).pid);
  let server = await start();
  let isDown = false;
  const own: OwnTemporal = {
    readPid,
    async kill9() {
      const pid = await readPid();
      isDown = true;
      sendSignal(pid, 'SIGKILL');
      const isGone = async () => (await describeProcess(pid)) === null;
      if (!(await waitFor({ condition: isGone, timeoutMs: GONE_WITHIN_MS }))) throw new Error('Temporal does not end');
      await server.stop();
    },
    async deleteDatabase() {
      for (const part of ['', '-wal', '-shm']) await rm(join(folder, `temporal.db${part}`), { force: true });
    },
    async suspend() {
      sendSignal(await readPid(), 'SIGSTOP');
    },
    async restore() {
      sendSignal(await readPid(), 'SIGCONT');
      if (isDown) server = await start();
      isDown = false;
    },
  };
  return {
    get address() {
      return server.address;
    },
    namespace: NAMESPACE,
    description: 'a Temporal dev server of its own, on its own database file',
    own,
    use: (ask) => useClient(server.address, NAMESPACE, ask),
    stop: () => server.stop(),
  };
}
