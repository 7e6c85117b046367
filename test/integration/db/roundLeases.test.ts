import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '../../../src/db/database';
import { createRoundLease, type RoundLease } from '../../../src/db/roundLeases';
import { createTestDatabase } from '../../support/postgres';

let db: Database;
let drop: () => Promise<void>;
let first: RoundLease;
let second: RoundLease;

beforeEach(async () => {
  const database = await createTestDatabase();
  drop = database.drop;
  db = openDatabase({ url: database.url, onIdleError: () => undefined });
  const leaseOf = () => createRoundLease(db.reserved, { name: 'reconcile', processId: randomUUID(), everyMs: 10_000 });
  first = leaseOf();
  second = leaseOf();
});

afterEach(async () => {
  await db.close();
  await drop();
});

const runOut = (moved = "now() - interval '1 ms'") =>
  db
    .knex('maintenance')
    .where({ name: 'reconcile' })
    .update({ next_round_at: db.knex.raw(moved) });

test('of many that ask at once one makes the round, and nobody else until the next one is due', async () => {
  const all = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? first : second));
  const claimed = await Promise.all(all.map((lease) => lease.claim()));
  expect(claimed.filter(Boolean)).toHaveLength(1);
  const holder = claimed.indexOf(true) % 2 === 0 ? first : second;
  expect(await holder.renew()).toBe(true);
  await holder.release({ nextInMs: 10_000 });
  expect([await first.claim(), await second.claim()]).toEqual([false, false]);
  await runOut();
  expect(await first.claim()).toBe(true);
});

test('a holder that renews no more is succeeded, and learns of it; its release takes nothing from its successor', async () => {
  expect(await first.claim()).toBe(true);
  expect(await second.claim()).toBe(false);
  await runOut();
  expect(await second.claim()).toBe(true);
  expect(await first.renew()).toBe(false);
  await first.release({ nextInMs: 0 });
  expect(await second.renew()).toBe(true);
  expect(await first.claim()).toBe(false);
});

test('when the clock of PostgreSQL went back by an hour, the next round is due all the same', async () => {
  expect(await first.claim()).toBe(true);
  await runOut("now() + interval '1 hour'");
  expect(await second.claim()).toBe(true);
});

test('the lease of one safety net is none of the other one', async () => {
  expect(await first.claim()).toBe(true);
  const retention = createRoundLease(db.reserved, { name: 'retention', processId: randomUUID(), everyMs: 3_600_000 });
  expect(await retention.claim()).toBe(true);
});
