/** Names as `pg_settings` spells them, values as its column `setting` shows them: times in milliseconds. */
export type SessionSettings = Readonly<Record<string, string>>;

export interface SessionTimeouts {
  statementMs: number;
  lockMs: number;
}

/** An open transaction holds its locks: one whose process was suspended between two statements gives them up after this. */
const IDLE_IN_TRANSACTION_MS = 30_000;

/**
 * Settings on which the correctness of our statements depends. An administrator can set each of them for the role, the
 * database or the server, and another value breaks promises without an error: hence every connection sets and reads them.
 *
 * @param schema holds the tables.
 */
export function sessionSettings({ statementMs, lockMs }: SessionTimeouts, schema: string): SessionSettings {
  return {
    // An answer to a producer promises that its event is on disk. `remote_apply` promises more and is kept.
    synchronous_commit: 'on',
    // The statements and locks are written for read committed: other levels end them with serialization failures.
    default_transaction_isolation: 'read committed',
    default_transaction_read_only: 'off',
    default_transaction_deferrable: 'off',
    // A setting other than `origin` switches foreign keys off. Only a superuser can set it, so it is read only.
    session_replication_role: 'origin',
    // How values are written and read: the driver parses these formats alone.
    DateStyle: 'ISO, MDY',
    IntervalStyle: 'postgres',
    TimeZone: 'UTC',
    extra_float_digits: '1',
    bytea_output: 'hex',
    client_encoding: 'UTF8',
    // How SQL texts are understood.
    standard_conforming_strings: 'on',
    array_nulls: 'on',
    transform_null_equals: 'off',
    // `pg_temp` last: otherwise a temporary table could stand in for one of ours.
    search_path: `"${schema.replaceAll('"', '""')}", pg_temp`,
    // Below the 10 s within which every call is answered.
    statement_timeout: String(statementMs),
    lock_timeout: String(lockMs),
    idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
    // One call's statement takes one of the server's cores at most; the others are for who comes next.
    max_parallel_workers_per_gather: '0',
    // Compiling takes longer than any of our statements, and what counts many rows would be compiled each time.
    jit: 'off',
    // The pools decide how long a connection may be idle; retention and migrations may run long.
    idle_session_timeout: '0',
    transaction_timeout: '0',
  };
}

/**
 * The statements of the hot path touch few rows by index, whatever their parameters: planning them anew costs more than
 * running them, and a plan made while a table was small must not read it from end to end later.
 */
export const HOT_PATH_PLANS: SessionSettings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_mergejoin: 'off',
  // Their plans need all of these, so that nobody's setting for the role takes one away.
  enable_bitmapscan: 'on',
  enable_hashagg: 'on',
  enable_hashjoin: 'on',
  enable_indexonlyscan: 'on',
  enable_indexscan: 'on',
  enable_material: 'on',
  enable_memoize: 'on',
  enable_nestloop: 'on',
  enable_partition_pruning: 'on',
  enable_sort: 'on',
};
