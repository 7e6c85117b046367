import { Client } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { TemporalAway } from '../services/carriers/port';
import { NamespaceRefused } from './namespaceRefused';
import { deleteOldSchedules } from './schedules';
import { SearchAttributes } from './searchAttributes';

const RECONNECT_EVERY_MS = 2000;
const CALL_TIMEOUT_MS = 5000;

export interface TemporalLinkOptions {
  connection: NativeConnectionOptions;
  namespace: string;
  log: Logger;
}

interface Connected {
  connection: NativeConnection;
  client: Client;
}

/**
 * The one connection to Temporal, shared by client and worker (an eager start needs that). It is made in the
 * background: accepting events goes on without Temporal.
 */
export class TemporalLink {
  private link: Connected | null = null;
  private isClosed = false;
  /** Why there is no connection. */
  private reason = new TemporalAway('Temporal is not connected yet');
  private saidReason: string | null = null;
  private readonly attributes: SearchAttributes;
  readonly connected: Promise<Connected>;

  constructor(private readonly options: TemporalLinkOptions) {
    this.attributes = new SearchAttributes(options);
    this.connected = this.connect();
    // Who needs the connection waits for it; a process that stops first is not a fault.
    this.connected.catch(() => undefined);
  }

  get isConnected(): boolean {
    return this.link !== null;
  }

  /** @throws TemporalAway while there is no connection. */
  get client(): Client {
    if (!this.link) throw this.reason;
    return this.link.client;
  }

  /** How many of our search attributes the namespace lacks, and what an administrator has to do about it. */
  get missingAttributes(): { count: number; todo: string | null } {
    return { count: this.attributes.missingCount, todo: this.attributes.todo };
  }

  usableAttributes(wanted: SearchAttributePair[]): SearchAttributePair[] {
    return this.attributes.usable(wanted);
  }

  onAttributesRefused(): void {
    if (this.link) this.attributes.onRefused(this.link);
  }

  /** @throws when Temporal does not answer in time; NamespaceRefused when it has not our namespace, or not for this key. */
  async check(): Promise<void> {
    await this.checkNamespace(this.client);
  }

  /** Search attributes, whatever Temporal lost meanwhile, and no Schedules of the release before: each for itself. */
  async ensureInstalled(): Promise<void> {
    const link = await this.connected;
    const results = await Promise.allSettled([this.attributes.look(link), deleteOldSchedules(link.client)]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
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

  private async connect(): Promise<Connected> {
    const { namespace, log } = this.options;
    const { address } = this.options.connection;
    for (;;) {
      try {
        this.link = await this.tryToConnect();
        log.info({ event: 'temporal.connected', address, namespace });
        return this.link;
      } catch (error) {
        this.noteReason(error);
      }
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_EVERY_MS));
      if (this.isClosed) throw new Error('closed before Temporal was connected');
    }
  }

  private async tryToConnect(): Promise<Connected> {
    const { namespace } = this.options;
    const connection = await NativeConnection.connect(this.options.connection);
    const link = { connection, client: new Client({ connection, namespace }) };
    try {
      await this.checkNamespace(link.client);
      // The first starts need to know; what fails here is looked for again within a minute.
      await this.attributes.look(link).catch(() => undefined);
      if (this.isClosed) throw new Error('closed before Temporal was connected');
      return link;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private async checkNamespace(client: Client): Promise<void> {
    const { namespace } = this.options;
    try {
      await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
        client.workflowService.describeNamespace({ namespace }),
      );
    } catch (error) {
      throw NamespaceRefused.of(error) ?? error;
    }
  }

  /** One line for each reason, not for each try. */
  private noteReason(error: unknown): void {
    this.reason =
      error instanceof TemporalAway ? error : new TemporalAway('Temporal is not connected yet', { cause: error });
    if (this.saidReason === this.reason.message) return;
    this.saidReason = this.reason.message;
    const { namespace, log } = this.options;
    const { address } = this.options.connection;
    const told = { address, namespace, retryEveryMs: RECONNECT_EVERY_MS };
    if (error instanceof NamespaceRefused) log.warn({ event: error.event, ...told }, error.advice(address, namespace));
    else log.warn({ event: 'temporal.unreachable', err: error, ...told });
  }
}
