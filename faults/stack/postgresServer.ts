import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Pool, type QueryResultRow } from 'pg';
import type { Logger } from 'pino';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres';
import { describeProcess, sendSignal, waitFor } from '../../src/embedded/processes';
import { childrenOf } from './processTree';

const GONE_WITHIN_MS = 30_000;
const READ_TIMEOUT_MS = 30_000;
/** Of the product's connections, each process's. */
export const END_CONNECTIONS =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'postrider'";

/** A PostgreSQL of our own, with a password, on loopback, that can be hurt; read past every proxy. */
export class PostgresServer {
  private reader: Pool;
  private isDown = false;
  private suspended: number[] = [];

  private constructor(
    private server: EmbeddedPostgres,
    private options: { dataDir: string; log: Logger },
  ) {
    this.reader = this.openReader();
  }

  static async start(options: { dataDir: string; log: Logger }): Promise<PostgresServer> {
    return new PostgresServer(await startEmbeddedPostgres(options), options);
  }

  get port(): number {
    return this.server.port;
  }

  get dataDir(): string {
    return this.options.dataDir;
  }

  get clusterDir(): string {
    return join(this.dataDir, 'postgres', 'cluster');
  }

  /** Of its own port; `through` another one. */
  url(through = this.port): string {
    const url = new URL(this.server.url);
    url.port = String(through);
    return url.href;
  }

  async query<Row extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.reader.query<Row>(sql, values)).rows;
  }

  /** One connection more, which the caller closes. @throws when the server has none left. */
  async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url(), connectionTimeoutMillis: 5000 });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** An empty database in the place of the present one, as before the first start. */
  async emptyDatabase(): Promise<void> {
    const url = new URL(this.url());
    const name = url.pathname.slice(1);
    url.pathname = '/postgres';
    const client = new Client({ connectionString: url.href });
    await client.connect();
    try {
      await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await client.query(`CREATE DATABASE ${name}`);
    } finally {
      await client.end();
    }
  }

  /** kill -9 of every process of it, as when the machine dies; what was committed is on disk. */
  async kill9(): Promise<void> {
    const pids = await this.pids();
    this.isDown = true;
    for (const pid of pids) sendSignal(pid, 'SIGKILL');
    await this.reader.end().catch(() => undefined);
    const isGone = async () => (await Promise.all(pids.map(describeProcess))).every((found) => found === null);
    if (!(await waitFor({ condition: isGone, timeoutMs: GONE_WITHIN_MS }))) throw new Error('PostgreSQL does not end');
    await this.server.stop();
  }

  /** It ends every connection, and itself in order. */
  async shutDown(): Promise<void> {
    this.isDown = true;
    await this.stop();
  }

  async suspend(): Promise<void> {
    this.suspended = await this.pids();
    for (const pid of this.suspended) sendSignal(pid, 'SIGSTOP');
  }

  /** Whatever was done to it: it runs again, on the same port where that is free. */
  async restore(): Promise<void> {
    for (const pid of this.suspended) sendSignal(pid, 'SIGCONT');
    this.suspended = [];
    if (!this.isDown && (await this.isRunning())) return;
    if (!this.isDown) await this.stop();
    this.server = await startEmbeddedPostgres(this.options);
    this.reader = this.openReader();
    this.isDown = false;
  }

  /** Another server of the same kind, on its own data directory. */
  startBeside(dataDir: string): Promise<PostgresServer> {
    return PostgresServer.start({ ...this.options, dataDir });
  }

  /** From now on this is that server. The one that it was, which does not run, never comes back. */
  become(other: PostgresServer): void {
    this.server = other.server;
    this.options = other.options;
    this.reader = other.reader;
    this.isDown = false;
  }

  async stop(): Promise<void> {
    await this.reader.end().catch(() => undefined);
    await this.server.stop();
  }

  /** It may have given up by itself. */
  private async isRunning(): Promise<boolean> {
    const postmaster = await this.postmaster().catch(() => 0);
    return (await describeProcess(postmaster))?.commandLine.includes('postgres') ?? false;
  }

  /** Of every process of it. */
  async pids(): Promise<number[]> {
    const postmaster = await this.postmaster();
    // The postmaster first: it would start anew what dies beneath it.
    return [postmaster, ...childrenOf(postmaster)];
  }

  private async postmaster(): Promise<number> {
    return Number((await readFile(join(this.clusterDir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  }

  private openReader(): Pool {
    const pool = new Pool({ connectionString: this.url(), max: 4, query_timeout: READ_TIMEOUT_MS });
    pool.on('error', () => undefined);
    return pool;
  }
}
