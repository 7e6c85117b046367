import knexLib, { type Knex } from 'knex';
import * as frame from './migrations/20261122000000_frame';
import * as cmdb from './migrations/20261122100000_cmdb';
import * as gateway from './migrations/20261122110000_gateway';
import * as portal from './migrations/20261122120000_portal';
import * as fanOut from './migrations/20261122130000_fan_out';
import * as retention from './migrations/20261122190000_retention';
import * as inlinedIds from './migrations/20261123060000_inlined_ids';
import * as selectorsSince from './migrations/20261130100100_selectors_since';
import * as fanOutTargets from './migrations/20261130100200_fan_out_targets';
import { ensurePartitions } from './partitions';

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
  { name: '20261130100200_fan_out_targets', ...fanOutTargets },
];

interface NamedMigration extends Knex.Migration {
  name: string;
}

const migrationSource: Knex.MigrationSource<NamedMigration> = {
  getMigrations: async () => MIGRATIONS,
  getMigrationName: ({ name }) => name,
  getMigration: async (migration) => migration,
};

/** Brings the schema up to date and makes the partitions. Safe to call from many processes at once. */
export async function migrate(databaseUrl: string): Promise<void> {
  const knex = knexLib({ client: 'pg', connection: databaseUrl, pool: { min: 0, max: 2 } });
  try {
    await knex.raw("SELECT set_config('lock_timeout', '60s', false)");
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
