import { Client } from '@temporalio/client';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { ensureSchedules, findPausedSchedules } from './schedules';
import { ensureSearchAttributes } from './searchAttributes';

const RECONNECT_EVERY_MS = 2000;
const CALL_TIMEOUT_MS = 5000;

export interface TemporalLinkOptions {
  connection: NativeConnectionOptions;
  namespace: string;
  log: Logger;
}

/**
 * The one connection to Temporal, shared by client and worker (an eager start needs that). It is made in the
 * background: accepting events goes on without Temporal.
 */
export class TemporalLink {
  private link: { connection: NativeConnection; client: Client } | null = null;
  private isClosed = false;
  readonly connected: Promise<{ connection: NativeConnection; client: Client }>;

  constructor(private readonly options: TemporalLinkOptions) {
    this.connected = this.connect();
    // Who needs the connection waits for it; a process that stops first is not a fault.
    this.connected.catch(() => undefined);
  }

  get isConnected(): boolean {
    return this.link !== null;
  }

  /** @throws while there is no connection. */
  get client(): Client {
    if (!this.link) throw new Error('Temporal is not connected yet');
    return this.link.client;
  }

  /** @throws when Temporal does not answer in time. */
  async check(): Promise<void> {
    const { client } = this;
    const { namespace } = this.options;
    await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
      client.workflowService.describeNamespace({ namespace }),
    );
  }

  /** @returns ids of our Schedules. @throws when Temporal does not answer in time. */
  async pausedSchedules(): Promise<string[]> {
    return findPausedSchedules(this.client);
  }

  /** Search attributes and Schedules, whatever Temporal lost meanwhile. */
  async ensureInstalled(): Promise<void> {
    const { connection, client } = await this.connected;
    await ensureSearchAttributes({ client, connection });
    await ensureSchedules(client);
  }

  /** Every call from now on shows this one, and so does a connection that is made later. */
  async setApiKey(apiKey: string): Promise<void> {
    this.options.connection.apiKey = apiKey;
    await this.link?.connection.setApiKey(apiKey);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.link?.connection.close();
  }

  private async connect(): Promise<{ connection: NativeConnection; client: Client }> {
    const { namespace, log } = this.options;
    for (;;) {
      try {
        const connection = await NativeConnection.connect(this.options.connection);
        this.link = { connection, client: new Client({ connection, namespace }) };
        log.info({ event: 'temporal.connected', address: this.options.connection.address, namespace });
        return this.link;
      } catch (error) {
        log.warn({ event: 'temporal.unreachable', err: error, retryInMs: RECONNECT_EVERY_MS });
      }
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_EVERY_MS));
      if (this.isClosed) throw new Error('closed before Temporal was connected');
    }
  }
}
