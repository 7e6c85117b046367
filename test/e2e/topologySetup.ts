import { randomBytes } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { Client as Postgres } from 'pg';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/searchAttributes';
import { waitFor } from '../../src/embedded/processes';
import { type Account, makeAccount } from '../support/api';
import { createTestDatabase } from '../support/postgres';
import { type Exit, externalServers, type Product, startProduct } from '../support/product';
import { type Receiver, startReceiver } from '../support/receiver';
import { temporalAddress } from '../support/temporal';

export interface Topology {
  api: Product;
  workers: Product[];
  receiver: Receiver;
  account: Account;
  namespace: string;
  /** What the processes were started with. */
  env: Record<string, string>;
  databaseUrl: string;
  /** How each process ended, the API first. */
  stop(): Promise<Exit[]>;
}

/**
 * The topology of docker-compose.yml by hand: PostgreSQL and Temporal outside, the database and the namespace as new as
 * theirs are there, one `ROLE=api` and two `ROLE=worker`, all three started at once.
 */
export async function startTopology(): Promise<Topology> {
  const database = await createTestDatabase();
  await empty(database.url);
  const namespace = await registerNamespace();
  const env = {
    ...externalServers({ databaseUrl: database.url, namespace }),
    OPERATOR_KEY: `pr_operator_${randomBytes(32).toString('hex')}`,
    SECRETS_KEY: randomBytes(32).toString('base64'),
  };
  const [api, ...workers] = await Promise.all(
    ['api', 'worker', 'worker'].map((ROLE) => startProduct({ env: { ...env, ROLE } })),
  );
  if (!api) throw new Error('no API');
  const receiver = await startReceiver();
  return {
    api,
    workers,
    receiver,
    account: await makeAccount(api),
    namespace,
    env,
    databaseUrl: database.url,
    async stop() {
      const exits = await Promise.all([api, ...workers].map((product) => product.stop('SIGTERM')));
      await receiver.stop();
      await database.drop();
      return exits;
    },
  };
}

async function empty(databaseUrl: string): Promise<void> {
  await query(databaseUrl, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public');
}

export async function query<Row>(databaseUrl: string, sql: string): Promise<Row[]> {
  const client = new Postgres({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

export function newNamespace(): string {
  return `topology-${randomBytes(4).toString('hex')}`;
}

/** As `temporal operator namespace create` does; no search attribute of ours is in it. */
export async function registerNamespace(namespace = newNamespace()): Promise<string> {
  await withTemporal((connection) =>
    connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    }),
  );
  // The server's own caches learn of a new namespace after some seconds.
  const isKnown = () =>
    searchAttributesOf(namespace).then(
      () => true,
      () => false,
    );
  if (!(await waitFor({ condition: isKnown, timeoutMs: 20_000 }))) throw new Error(`${namespace} is not served`);
  return namespace;
}

/** Names of ours that are registered in the namespace. */
export function searchAttributesOf(namespace: string): Promise<string[]> {
  return withTemporal(async (connection) => {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return Object.keys(customAttributes ?? {}).filter((name) => name in SEARCH_ATTRIBUTES);
  });
}

export async function withTemporal<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: temporalAddress() });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

/** Deliveries that a process has attempted, by its own log. */
export function attemptedBy({ lines }: Product, subscriptionId: string): string[] {
  return lines
    .filter((line) => line.event === 'delivery.attempted' && line.subscriptionId === subscriptionId)
    .map(({ deliveryId }) => String(deliveryId));
}
