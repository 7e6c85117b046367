import type { Knex } from 'knex';
import { version as RELEASE } from '../../package.json';
import { openKnexPool } from './knexPool';
import { readApplied } from './migrating/books';
import { checkNotTooNew, SchemaTooOld } from './migrating/compatibility';
import type { Migration } from './migrating/migration';
import { pendingMigrations, runPending } from './migrating/run';
import { MIGRATIONS } from './migrations';
import { ensurePartitions } from './partitions';
import { settleSession } from './session';
import { sessionSettings } from './sessionSettings';

/** A start has patience: the machine may be busy with what it is started over. */
const CONNECT_TIMEOUT_MS = 10_000;
/** An index may take long to build, and waits for old transactions before. What others wait behind has bounds of its own. */
const TIMEOUTS = { statementMs: 0, lockMs: 60_000 };
/** A cut link must not hold the start for ever. */
const ANSWER_TIMEOUT_MS = 60 * 60_000;

export interface MigrateOptions {
  schema?: string;
  /** false: what is pending is only looked for. */
  mayMigrate?: boolean;
  migrations?: readonly Migration[];
  /** Called before each migration. */
  onRun?(name: string): void;
}

/**
 * Brings the schema up to date and makes the partitions. Safe to call from many processes at once, beside the traffic of
 * others.
 *
 * @throws SchemaTooNew, MigrationBlocked; SchemaTooOld where it may not migrate.
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<void> {
  const { schema = 'public', mayMigrate = true, migrations = MIGRATIONS, onRun = () => undefined } = options;
  const knex = openKnexPool({
    connection: { connectionString: databaseUrl, application_name: 'postrider' },
    size: 2,
    settle: (client) => settleSession(client, sessionSettings(TIMEOUTS, schema)),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
  });
  try {
    const known = migrations.map(({ name }) => name);
    checkNotTooNew(await readApplied(knex), { known, own: RELEASE });
    if (mayMigrate) await runPending(knex, { migrations, release: RELEASE, onRun });
    else await requireAll(knex, migrations);
    await ensurePartitions(knex);
  } finally {
    await knex.destroy();
  }
}

async function requireAll(knex: Knex, migrations: readonly Migration[]): Promise<void> {
  const lacking = (await pendingMigrations(knex, migrations)).map(({ name }) => name);
  if (lacking.length > 0) throw new SchemaTooOld({ own: RELEASE, lacking });
}
