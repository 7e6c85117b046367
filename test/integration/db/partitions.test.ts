import { ensurePartitions, PARTITIONED_TABLES, partitionName } from '../../../src/db/partitions';
import { daysAgo, type Retention, startRetention } from './retentionSetup';

jest.setTimeout(60_000);

let retention: Retention;
beforeEach(async () => {
  retention = await startRetention();
});
afterEach(() => retention.stop());

async function drop(day: string): Promise<void> {
  for (const table of PARTITIONED_TABLES) await retention.knex.raw('DROP TABLE ??', [partitionName(table, day)]);
}

test('a day that came before its partition keeps its rows in the default one, and holds up no other', async () => {
  const [today, inTwoWeeks] = [daysAgo(0), daysAgo(-14)];
  await drop(today);
  await drop(inTwoWeeks);
  const { deliveryId } = await retention.acceptOne();
  await ensurePartitions(retention.knex);
  expect(await retention.hasPartition(today)).toBe(false);
  expect(await retention.hasPartition(inTwoWeeks)).toBe(true);
  expect(await retention.on(today)).toEqual([deliveryId]);
});

test.each(PARTITIONED_TABLES)(
  'who has %s open while a partition of it is waited for finds the others free',
  async (table) => {
    const inTwoWeeks = daysAgo(-14);
    await drop(inTwoWeeks);
    const holder = await retention.knex.transaction();
    await holder.raw('SELECT FROM ?? LIMIT 1', [table]);
    const made = ensurePartitions(retention.knex);
    await retention.waitsForLock(`LOCK TABLE ONLY "${table}"`);
    for (const other of PARTITIONED_TABLES) await holder.raw('SELECT FROM ?? LIMIT 1', [other]);
    await holder.commit();
    await made;
    expect(await retention.hasPartition(inTwoWeeks)).toBe(true);
  },
);
