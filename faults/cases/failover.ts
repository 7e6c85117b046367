import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../src/embedded/processes';
import { makeScene } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';
import { makeStandby, takeBaseBackup } from '../stack/baseBackup';
import type { PostgresServer } from '../stack/postgresServer';

const STANDBY = 'standby';
const FOLLOWS_WITHIN_MS = 60_000;
/** Below the 30 s that a query of the harness has. */
const PROMOTED_WITHIN_S = 25;

export const failover: FaultCase = {
  name: 'failover',
  what: "PostgreSQL's primary is killed under load, and its synchronous standby promoted behind the same address",
  // The installation goes on with another PostgreSQL than it began with.
  leavesMuch: true,
  async run(lab) {
    const { producer, random, rate, stack } = lab;
    const { targets } = await makeScene(lab);
    const standby = await startStandby(lab);
    const load = producer.startLoad({ targets, perSecond: rate });
    try {
      await sleep(random.between(3000, 6000));
      await promote(lab, standby);
      await sleep(2000);
    } finally {
      await load.stop();
      // One that was not promoted is nobody's.
      if (stack.postgres.port !== standby.port) await standby.stop();
    }
  },
};

async function promote(lab: Lab, standby: PostgresServer): Promise<void> {
  const { stack } = lab;
  const heal = await lab.beginFault('the primary killed, its standby promoted');
  const beganMs = performance.now();
  await stack.postgres.kill9();
  await standby.query('SELECT pg_promote(true, $1)', [PROMOTED_WITHIN_S]);
  stack.postgres.become(standby);
  // The links are the address that the processes know: it leads to the new primary now.
  for (const one of stack.processes) one.pointLinks(stack);
  lab.figure(`the standby was the primary ${Math.round(performance.now() - beganMs)} ms after the old one was killed`);
  await heal();
}

/** From then on no commit is answered before the standby has written it to disk. */
async function startStandby({ stack }: Lab): Promise<PostgresServer> {
  const { postgres, runDir } = stack;
  const dataDir = join(runDir, STANDBY);
  await postgres.query('SELECT pg_create_physical_replication_slot($1, true)', [STANDBY]);
  await takeBaseBackup(postgres, dataDir);
  await makeStandby(postgres, dataDir, { name: STANDBY });
  const standby = await postgres.startBeside(dataDir);
  await postgres.query(`ALTER SYSTEM SET synchronous_standby_names = '${STANDBY}'`);
  await postgres.query('SELECT pg_reload_conf()');
  const isSynchronous = async () => {
    const rows = await postgres.query<{ sync_state: string }>(
      "SELECT sync_state FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming'",
      [STANDBY],
    );
    return rows[0]?.sync_state === 'sync';
  };
  if (!(await waitFor({ condition: isSynchronous, timeoutMs: FOLLOWS_WITHIN_MS, intervalMs: 200 }))) {
    throw new Error('the standby does not follow its primary');
  }
  return standby;
}
