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

export function openKnexPool({ size, settle, connectTimeoutMs, answerTimeoutMs, connection }: KnexPoolOptions): Knex {
  return knexLib({
    client: 'pg',
    connection: { ...connection, query_timeout: answerTimeoutMs },
    pool: {
      min: 0,
      max: size,
      afterCreate(client: Client, done: (error: Error | undefined, client: Client) => void) {
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
}
