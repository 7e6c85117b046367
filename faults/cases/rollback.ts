import { setTimeout as sleep } from 'node:timers/promises';
import { migrate } from '../../src/db/migrate';
import type { Migration } from '../../src/db/migrating/migration';
import { MIGRATIONS } from '../../src/db/migrations';
import { makeScene } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';
import { watchLockWaits } from '../stack/lockWaits';
import type { ProductProcess } from '../stack/productProcess';
import { findStartFailure } from '../stack/startFailure';

const BETWEEN_MS = { short: 1000, full: 4000 };
/** Traffic waits for no table longer than this. */
const MOST_LOCK_WAIT_MS = 1000;
const KNOWN = MIGRATIONS.at(-1)?.name ?? '';
const LOCKED = ['events', 'deliveries', 'attempts'] as const;

/** As a release to come could have it: this one still runs on its result. */
const EXPANDS: Migration = {
  name: '20990101000000_expands',
  head: {
    locks: LOCKED.map((table) => ({ table, mode: 'ACCESS EXCLUSIVE', lasts: 'a moment' })),
    runsFrom: KNOWN,
  },
  async up(trx) {
    for (const table of LOCKED) await trx.raw('ALTER TABLE ?? ADD COLUMN added integer', [table]);
  },
  indexes: [{ name: 'deliveries_by_added', table: 'deliveries', on: '(added) WHERE added IS NOT NULL' }],
};

/** A release later: this one does not fit any more. */
const CONTRACTS: Migration = {
  name: '20990201000000_contracts',
  head: { locks: [], runsFrom: EXPANDS.name },
};

export const rollback: FaultCase = {
  name: 'rollback',
  what: 'a release to come migrates under load; this one is started again on its schema, process by process, and refuses the one after',
  // Processes are told to end, and finish what they have under way.
  limits: { maxRepeats: 0, answersWithinMs: 12_000 },
  leavesMuch: true,
  async run(lab) {
    const { stack, producer, rate, short } = lab;
    const betweenMs = short ? BETWEEN_MS.short : BETWEEN_MS.full;
    const url = stack.postgres.url();
    const { targets } = await makeScene(lab);
    const load = producer.startLoad({ targets, perSecond: rate });
    await sleep(betweenMs);
    const longestWait = await watchLockWaits(stack.postgres);
    await migrate(url, { migrations: [...MIGRATIONS, EXPANDS] });
    const waitedMs = await longestWait();
    lab.figure(`longest wait of the traffic for a table: ${waitedMs} ms`);
    if (waitedMs > MOST_LOCK_WAIT_MS) lab.report(`late: traffic waited ${waitedMs} ms for a table`);
    // In the short form one of each kind.
    const [apis, workers] = [stack.apis.slice(0, short ? 1 : 2), stack.workers.slice(0, short ? 1 : 2)];
    for (const one of [...workers, ...apis]) {
      await sleep(betweenMs);
      await one.stop();
      await one.start();
      await one.becomesReady();
    }
    await migrate(url, { migrations: [...MIGRATIONS, EXPANDS, CONTRACTS] });
    for (const one of short ? workers : [...workers, ...apis]) await isRefused(lab, one);
    await stack.postgres.query('DELETE FROM schema_migrations WHERE name = $1', [CONTRACTS.name]);
    await load.stop();
  },
};

/** Its end while it starts is what it has to do. */
async function isRefused({ report }: Lab, one: ProductProcess): Promise<void> {
  await one.stop();
  const failure = await one.start().then(
    () => null,
    (error: unknown) => findStartFailure(error),
  );
  if (failure === null) report(`${one.name} has started on a schema that it does not fit`);
  else if (!failure.includes(KNOWN) || !failure.includes(CONTRACTS.name)) {
    report(`${one.name} does not say which release fits the schema: ${failure}`);
  }
}
