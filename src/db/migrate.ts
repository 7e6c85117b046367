import type { Knex } from 'knex';
import { openKnexPool } from './knexPool';
import * as frame from './migrations/20261122000000_frame';
import * as cmdb from './migrations/20261122100000_cmdb';
import * as gateway from './migrations/20261122110000_gateway';
import * as portal from './migrations/20261122120000_portal';
import * as fanOut from './migrations/20261122130000_fan_out';
import * as retention from './migrations/20261122190000_retention';
import * as inlinedIds from './migrations/20261123060000_inlined_ids';
import * as selectorsSince from './migrations/20261130100100_selectors_since';
import * as fanOutTargets from './migrations/20261130100110_fan_out_targets';
import * as attemptFaults from './migrations/20261130100200_attempt_faults';
import * as steerings from './migrations/20261130100400_steerings';
import * as maintenance from './migrations/20261130100500_maintenance';
import * as cancellations from './migrations/20261130100510_cancellations';
import * as quotas from './migrations/20261130100600_quotas';
import * as auditTable from './migrations/20261130100700_audit';
import * as failuresToShow from './migrations/20261130160100_failures_to_show';
import * as requestIds from './migrations/20261130160700_request_ids';
import * as firstAnswers from './migrations/20261130160800_first_answers';
import * as inFlightShares from './migrations/20261130170300_in_flight_shares';
import { ensurePartitions } from './partitions';
import { settleSession } from './session';
import { sessionSettings } from './sessionSettings';

/** Append only; the order of the names is the order of the changes. */
const MIGRATIONS: NamedMigration[] = [
  { name: '20261122000000_frame', ...frame },
  { name: '20261122100000_cmdb', ...cmdb },
  { name: '20261122110000_gateway', ...gateway },
  { name: '20261122120000_portal', ...portal },
  { name: '20261122130000_fan_out', ...fanOut },
  { name: '20261122190000_retention', ...retention },
  { name: '20261123060000_inlined_ids', ...inlinedIds },
  { name: '20261130100100_selectors_since', ...selectorsSince },
  { name: '20261130100110_fan_out_targets', ...fanOutTargets },
  { name: '20261130100200_attempt_faults', ...attemptFaults },
  { name: '20261130100400_steerings', ...steerings },
  { name: '20261130100500_maintenance', ...maintenance },
  { name: '20261130100510_cancellations', ...cancellations },
  { name: '20261130100600_quotas', ...quotas },
  { name: '20261130100700_audit', ...auditTable },
  { name: '20261130160100_failures_to_show', ...failuresToShow },
  { name: '20261130160700_request_ids', ...requestIds },
  { name: '20261130160800_first_answers', ...firstAnswers },
  { name: '20261130170300_in_flight_shares', ...inFlightShares },
];

interface NamedMigration extends Knex.Migration {
  name: string;
}

const migrationSource: Knex.MigrationSource<NamedMigration> = {
  getMigrations: async () => MIGRATIONS,
  getMigrationName: ({ name }) => name,
  getMigration: async (migration) => migration,
};

const CONNECT_TIMEOUT_MS = 4000;
/** A migration may rewrite a table; while it waits for a lock, everybody else waits behind it. */
const TIMEOUTS = { statementMs: 0, lockMs: 60_000 };
/** A cut link must not hold the start for ever. */
const ANSWER_TIMEOUT_MS = 60 * 60_000;

/** Brings the schema up to date and makes the partitions. Safe to call from many processes at once. */
export async function migrate(databaseUrl: string, { schema = 'public' } = {}): Promise<void> {
  const knex = openKnexPool({
    connection: { connectionString: databaseUrl, application_name: 'postrider' },
    size: 2,
    settle: (client) => settleSession(client, sessionSettings(TIMEOUTS, schema)),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
  });
  try {
    await knex.transaction(async (trx) => {
      // One process migrates, the others wait here and then find nothing to do.
      await trx.raw("SELECT pg_advisory_xact_lock(hashtext('postrider.migrate'))");
      await trx.migrate.latest({ migrationSource, disableTransactions: true });
    });
    await ensurePartitions(knex);
  } finally {
    await knex.destroy();
  }
}
