import knexLib, { type Knex } from 'knex';
import type { Client } from 'pg';

export interface KnexPoolOptions {
  connection: Knex.PgConnectionConfig;
  size: number;
  /** Called with every new connection, before its first statement. */
  settle(client: Client): Promise<void>;
  connectTimeoutMs: number;
  /** After this the client gives up on a statement by itself. */
  answerTimeoutMs: number;
}

/** What pg says of a statement that was not answered within `query_timeout`. */
const UNANSWERED = 'Query read timeout';

/** What knex notes at a connection of its pool. */
interface PooledClient extends Client {
  __knexUid: string;
  /** Set: the pool closes it instead of handing it out. */
  __knex__disposed?: unknown;
}

export function openKnexPool({ size, settle, connectTimeoutMs, answerTimeoutMs, connection }: KnexPoolOptions): Knex {
  const clients = new Map<string, PooledClient>();
  const knex = knexLib({
    client: 'pg',
    connection: { ...connection, query_timeout: answerTimeoutMs },
    pool: {
      min: 0,
      max: size,
      afterCreate(client: PooledClient, done: (error: Error | undefined, client: Client) => void) {
        clients.set(client.__knexUid, client);
        client.once('end', () => clients.delete(client.__knexUid));
        settle(client).then(
          () => done(undefined, client),
          (error: Error) => {
            // knex hands on the error and forgets the connection.
            void client.end().catch(() => undefined);
            done(error, client);
          },
        );
      },
    },
    acquireConnectionTimeout: connectTimeoutMs + 1000,
    // Of itself knex prints to the console; what it has to say here reaches the caller as a thrown error.
    log: { warn() {}, error() {}, debug() {}, deprecate() {} },
  });
  // A link that lost bytes answers nothing any more, and the pool would hand this connection out again and again.
  knex.on('query-error', (error: Error, { __knexUid: uid }: { __knexUid: string }) => {
    const client = error.message.endsWith(UNANSWERED) ? clients.get(uid) : undefined;
    if (client) client.__knex__disposed = error;
  });
  return knex;
}
