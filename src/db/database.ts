import knexLib, { type Knex } from 'knex';
import { Pool, type PoolClient, type QueryConfig, type QueryResultRow } from 'pg';

/** Below the 10 s within which every call is answered, so that a statement gives up before its caller does. */
const STATEMENT_TIMEOUT_MS = 8000;
const LOCK_TIMEOUT_MS = 6000;
const CONNECT_TIMEOUT_MS = 4000;
/** The server may be gone without a word (a cut link): the client must give up on its own too. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 1000;
/**
 * A poll without an answer for so long is repeated on another connection: this one may be cut, and attempts wait for it
 * (services/steering/steeringWatch.ts). Not sooner: to a server that is only slow, new connections are the worst that can come.
 */
const POLL_ANSWER_TIMEOUT_MS = 3000;
/** A new connection costs an event 15 ms: it plans every statement anew. */
const CLOSE_IDLE_AFTER_MS = 60_000;
/** So that an event after a rest finds an accept's and an outcome's. */
const KEPT_OPEN = 2;
/** Below what firewalls and load balancers give an idle connection. */
const KEEP_ALIVE_AFTER_MS = 30_000;

/**
 * The statements of the hot path touch few rows by index, whatever their parameters: planning them anew costs more than
 * running them, and a plan made while a table was small must not read it from end to end later.
 */
export const HOT_PATH_SETTINGS = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_mergejoin=off';

/** A named, prepared statement of the hot path. */
export interface Statement {
  name: string;
  text: string;
}

export interface StatementRunner {
  /** Runs a prepared statement in a transaction of its own: one round trip. */
  run<Row extends QueryResultRow>(statement: Statement, values: unknown[]): Promise<Row[]>;
}

export interface Database extends StatementRunner {
  /** For everything that is not on the hot path. */
  knex: Knex;
  /** A connection that nothing but the poll of the steering log uses: nobody's statements can hold it up. */
  polling: StatementRunner;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  /** Connections of the hot path; knex has as many of its own. Default 10. */
  poolSize?: number;
  /** Default 9,000. */
  answerTimeoutMs?: number;
  /** Called with faults of idle connections, which the pool has already dropped. */
  onIdleError(error: Error): void;
}

export function openDatabase({
  url,
  poolSize = 10,
  answerTimeoutMs = ANSWER_TIMEOUT_MS,
  onIdleError,
}: DatabaseOptions): Database {
  const connection = {
    connectionString: url,
    application_name: 'postrider',
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  };
  const pool = new Pool({
    ...connection,
    max: poolSize,
    min: KEPT_OPEN,
    idleTimeoutMillis: CLOSE_IDLE_AFTER_MS,
    options: HOT_PATH_SETTINGS,
  });
  listen(pool, onIdleError);
  const knex = knexLib({
    client: 'pg',
    connection: { ...connection, query_timeout: answerTimeoutMs },
    pool: { min: 0, max: poolSize },
    acquireConnectionTimeout: CONNECT_TIMEOUT_MS + 1000,
    // Of itself knex prints to the console; what it has to say here reaches the caller as a thrown error.
    log: { warn() {}, error() {}, debug() {}, deprecate() {} },
  });
  const pollingPool = new Pool({
    ...connection,
    statement_timeout: POLL_ANSWER_TIMEOUT_MS,
    lock_timeout: POLL_ANSWER_TIMEOUT_MS,
    max: 1,
    idleTimeoutMillis: CLOSE_IDLE_AFTER_MS,
    options: HOT_PATH_SETTINGS,
  });
  listen(pollingPool, onIdleError);
  return {
    knex,
    run: runOn(pool, answerTimeoutMs),
    polling: { run: runOn(pollingPool, POLL_ANSWER_TIMEOUT_MS) },
    async close() {
      await Promise.all([pool.end(), pollingPool.end(), knex.destroy()]);
    },
  };
}

function listen(pool: Pool, onIdleError: (error: Error) => void): void {
  pool.on('error', onIdleError);
  // A connection that breaks while a statement is under way says so twice: the statement is rejected, which its caller
  // sees, and the client emits an error, which ends the process when nobody listens. The pool listens to idle ones only.
  pool.on('connect', (client) => client.on('error', () => undefined));
}

function runOn(pool: Pool, answerTimeoutMs: number): StatementRunner['run'] {
  return async <Row extends QueryResultRow>(statement: Statement, values: unknown[]): Promise<Row[]> => {
    const client = await checkOut(pool);
    try {
      const rows = await ask<Row>(client, { ...statement, values }, answerTimeoutMs);
      client.release();
      return rows;
    } catch (error) {
      // After a timeout the answer may still come: a connection that could hand it to the next caller is not reused.
      client.release(isServerError(error) ? undefined : true);
      throw error;
    }
  };
}

/*
 * The next two are pg's own promises and its query_timeout again. Those put the callback on a query that is made already,
 * and then all that a statement touched, a 10 kB event among it, outlived V8's collections of the young: 9.3 kB of 9.5
 * instead of 0.4, and a collection took 1.05 ms instead of 0.41.
 */

function checkOut(pool: Pool): Promise<PoolClient> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => (client ? resolve(client) : reject(error)));
  });
}

function ask<Row extends QueryResultRow>(client: PoolClient, query: QueryConfig, timeoutMs: number): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`PostgreSQL gave no answer within ${timeoutMs} ms`)), timeoutMs);
    client.query<Row>(query, (error, result) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(result.rows);
    });
  });
}

/** SQLSTATEs that end the connection: those of the connection itself, and of a server that goes down or ends a session. */
const ENDS_CONNECTION = /^(?:08|57P)/;

/** An error that PostgreSQL itself answered with (it has a SQLSTATE) on a connection that goes on. */
function isServerError(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return false;
  return /^[0-9A-Z]{5}$/.test(error.code) && !ENDS_CONNECTION.test(error.code);
}
