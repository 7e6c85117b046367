import type { Knex } from 'knex';
import type { ClientBase } from 'pg';
import { openKnexPool } from './knexPool';
import { SessionRefused, settleSession } from './session';
import { HOT_PATH_PLANS, type SessionTimeouts, sessionSettings } from './sessionSettings';
import { shareConnections } from './sharedKnex';
import { shareStatements } from './sharedStatements';
import { type Statement, StatementPool, type StatementRunner } from './statementPool';

export type { Statement, StatementRunner };

/** Below the 10 s within which every call is answered, so that a statement gives up before its caller does. */
const STATEMENT_TIMEOUT_MS = 8000;
/** Of a statement that sets none of its own. */
export const LOCK_TIMEOUT_MS = 6000;
const TIMEOUTS: SessionTimeouts = { statementMs: STATEMENT_TIMEOUT_MS, lockMs: LOCK_TIMEOUT_MS };
const CONNECT_TIMEOUT_MS = 4000;
/** The server may be gone without a word (a cut link): the client must give up on its own too. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 1000;
/** Below what firewalls and load balancers give an idle connection. */
const KEEP_ALIVE_AFTER_MS = 30_000;

/**
 * A poll without an answer for so long is repeated on another connection: this one may be cut, and attempts wait for it
 * (services/steering/steeringWatch.ts). Not sooner: to a server that is only slow, new connections are the worst that can come.
 */
const POLL_TIMEOUT_MS = 3000;
const POLL_TIMEOUTS: SessionTimeouts = { statementMs: POLL_TIMEOUT_MS, lockMs: POLL_TIMEOUT_MS };

/** Accepting, claims, outcomes and lanes. Accepting and outcomes alone can hold 9. */
const HOT_CONNECTIONS = 16;
/** Keep two connections warm: one for the next accept, one for its outcome. */
const HOT_KEPT_OPEN = 2;
/** The rest of the hot path is kept for accepting and outcomes: statements of lanes and claims can wait for a locked lane. */
const HOT_SHARED = 6;
/** Calls of the API, and what lanes do beside the hot path. One tenant has half of them at most. */
const SHARED_CONNECTIONS = 10;
/** Keys are read by their ids, in groups: one query is under way, and one for a key that is known already. */
const KEY_CONNECTIONS = 2;
/** Heartbeat, reconcile, retention, partitions, readiness and metrics: each asks one thing at a time. */
const RESERVED_CONNECTIONS = 5;

export interface Database extends StatementRunner {
  /** For calls of the API and the work of lanes: each tenant has a part of it (`connectionShare.ts`). */
  knex: Knex;
  /** For reading keys alone, so that nothing else can keep callers from being recognised. */
  keys: Knex;
  /** For the safety nets: heartbeat, reconcile, retention, partitions, readiness, metrics. No call of a tenant uses it. */
  reserved: Knex;
  /** Like `run`, within the part of the tenant that the work is for: for statements that can wait for a lane's lock. */
  runShared: StatementRunner['run'];
  /** A connection that nothing but the poll of the steering log uses: nobody's statements can hold it up. */
  polling: StatementRunner;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  /** Holds the tables. Default `public`. */
  schema?: string;
  /** Default 9,000. */
  answerTimeoutMs?: number;
  /** Called with faults of idle connections, which the pool has already dropped. */
  onIdleError(error: Error): void;
  /** Called with each new connection that lacks a setting it needs; the statement that asked for it fails. */
  onRefused?(error: SessionRefused): void;
}

/** Opens nothing yet: each pool connects when it is first used. */
export function openDatabase({
  url,
  schema = 'public',
  answerTimeoutMs = ANSWER_TIMEOUT_MS,
  onIdleError,
  onRefused,
}: DatabaseOptions): Database {
  const connection = {
    connectionString: url,
    application_name: 'postrider',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  };

  function settle(settings: Readonly<Record<string, string>>) {
    return async (client: ClientBase): Promise<void> => {
      try {
        await settleSession(client, settings);
      } catch (error) {
        if (error instanceof SessionRefused) onRefused?.(error);
        throw error;
      }
    };
  }

  function openKnex(size: number, timeouts: SessionTimeouts): Knex {
    const settings = sessionSettings(timeouts, schema);
    return openKnexPool({
      connection,
      size,
      settle: settle(settings),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      answerTimeoutMs,
    });
  }

  const hot = new StatementPool({
    connection,
    size: HOT_CONNECTIONS,
    keptOpen: HOT_KEPT_OPEN,
    settle: settle({ ...sessionSettings(TIMEOUTS, schema), ...HOT_PATH_PLANS }),
    answerTimeoutMs,
    onIdleError,
  });
  const polling = new StatementPool({
    connection,
    size: 1,
    settle: settle({ ...sessionSettings(POLL_TIMEOUTS, schema), ...HOT_PATH_PLANS }),
    answerTimeoutMs: POLL_TIMEOUT_MS,
    onIdleError,
  });
  const knex = shareConnections(openKnex(SHARED_CONNECTIONS, TIMEOUTS), SHARED_CONNECTIONS);
  const keys = openKnex(KEY_CONNECTIONS, TIMEOUTS);
  const reserved = shareConnections(openKnex(RESERVED_CONNECTIONS, TIMEOUTS), RESERVED_CONNECTIONS);
  return {
    knex,
    keys,
    reserved,
    run: (statement, values) => hot.run(statement, values),
    runShared: shareStatements(hot, HOT_SHARED).run,
    polling,
    async close() {
      await Promise.all([hot.close(), polling.close(), knex.destroy(), keys.destroy(), reserved.destroy()]);
    },
  };
}
