import { claimDeliveries } from '../../../src/db/carrying/claim';
import { recordOutcomes } from '../../../src/db/carrying/outcomes';
import { retentionRound } from '../../../src/services/rounds/retentionRound';
import { outcomeOf } from './carrying';
import { daysAgo, RETENTION_DAYS, type Retention, startRetention } from './retentionSetup';

jest.setTimeout(60_000);

const [OLD, OLDER] = [daysAgo(100), daysAgo(101)];
let retention: Retention;
let pending: string[];
let totals: unknown;
beforeEach(async () => {
  retention = await startRetention();
  pending = await retention.seed({ day: OLD, state: 'pending', count: 3 });
  await retention.seed({ day: OLD, state: 'failed', count: 10 });
  await retention.seed({ day: OLD, state: 'delivered', count: 5 });
  totals = await retention.totals();
  expect(totals).toEqual({ finished: 15, failed: 10 });
});
afterEach(() => retention.stop());

const touch = (table: string) => `SELECT FROM ${table} WHERE day = '${OLD}' LIMIT 1`;

async function deliver(deliveryId: string): Promise<void> {
  const [claimed] = await claimDeliveries(retention.db, { wanted: [{ deliveryId, generation: 1 }], early: false });
  expect(claimed).toMatchObject({ deliveryId, attempt: 2, event: { changes: '[1]' } });
  const outcome = outcomeOf({ deliveryId, generation: 1, attempt: 2 }, 200);
  expect(await recordOutcomes(retention.db, [outcome])).toMatchObject([{ deliveryId, state: 'delivered' }]);
}

/** Somebody has the table open while `during` runs. */
async function whileOpen(table: string, during: () => Promise<void>): Promise<void> {
  const holder = await retention.knex.transaction();
  try {
    await holder.raw(touch(table));
    await during();
  } finally {
    await holder.commit();
  }
}

test.each(['deliveries', 'events', 'attempts'])(
  'who has %s open while they wait for it finds the others free',
  async (table) => {
    const holder = await retention.knex.transaction();
    await holder.raw(touch(table));
    const running = retention.round();
    await retention.waitsForLock(`LOCK TABLE ONLY "${table}"`);
    // Were another of them held by who waits for this one, PostgreSQL would have to end one of the two.
    for (const other of ['attempts', 'events', 'deliveries']) await holder.raw(touch(other));
    await holder.commit();
    expect(await running).toMatchObject({ daysDropped: [OLD], daysInUse: [] });
    expect(await retention.on(OLD)).toEqual(pending);
  },
);

test('a table that is in use at every try: nobody fails, the rest of the round goes on, the next one drops', async () => {
  await retention.seed({ day: OLDER, state: 'delivered', count: 2 });
  await retention.knex.raw(
    `INSERT INTO idempotency_keys (tenant_id, key, body_hash, event_id, expires_at)
     VALUES ('acme', 'old', '\\x00', gen_random_uuid(), now() - interval '1 s')`,
  );
  const { signal } = new AbortController();
  const round = () => retentionRound(retention.db, { retentionDays: RETENTION_DAYS, signal });
  await whileOpen('deliveries', async () => {
    let isOver = false;
    const running = round()
      .finally(() => {
        isOver = true;
      })
      .catch((error: Error) => error.message);
    for (const id of pending) await deliver(id);
    while (!isOver) await retention.acceptOne();
    expect(await running).toContain(`"daysInUse":["${OLDER}","${OLD}"]`);
    expect(await retention.knex('idempotency_keys')).toEqual([]);
    expect(await retention.on(OLD)).toHaveLength(18);
  });
  expect(await round()).toMatchObject({ daysDropped: [OLDER, OLD], daysInUse: [] });
  expect(await retention.on(OLD)).toEqual(pending);
});

test('between its tables: the deliveries are moved, the events not yet', async () => {
  await whileOpen('events', async () => {
    expect(await retention.round()).toMatchObject({ daysDropped: [], daysInUse: [OLD] });
    expect(await retention.on(OLD)).toEqual(pending);
    expect(await retention.on(OLD, 'events')).toHaveLength(18);
    expect(await retention.totals()).toEqual(totals);
    await deliver(pending[0] ?? '');
  });
  expect(await retention.round()).toMatchObject({ daysDropped: [OLD], daysInUse: [] });
  expect(await retention.on(OLD, 'events')).toHaveLength(3);
  expect(await retention.on(OLD, 'attempts', 'delivery_id')).toHaveLength(4);
  await deliver(pending[1] ?? '');
  expect(await retention.totals()).toEqual({ finished: 17, failed: 10 });
});

test('before what was dropped is counted: the totals count it where it lies, then once', async () => {
  const uncounted = async () => {
    const { rows } = await retention.knex.raw(
      "SELECT FROM pg_inherits WHERE inhparent = 'deliveries_uncounted'::regclass",
    );
    return rows.length;
  };
  // As another round that is counting: this one leaves that to it.
  const holder = await retention.knex.transaction();
  await holder.raw("SELECT pg_advisory_xact_lock(hashtext('postrider.retention'))");
  expect(await retention.round()).toMatchObject({ daysDropped: [OLD] });
  expect(await uncounted()).toBe(1);
  expect(await retention.on(OLD)).toEqual(pending);
  expect(await retention.totals()).toEqual(totals);
  await holder.commit();

  for (const _ of ['counts it', 'finds nothing']) {
    await retention.round();
    expect(await uncounted()).toBe(0);
    expect(await retention.hasPartition(OLD)).toBe(false);
    expect(await retention.totals()).toEqual(totals);
  }
});

test('rounds at once, while deliveries are accepted, claimed and answered', async () => {
  const days = Array.from({ length: 6 }, (_, i) => daysAgo(60 + i));
  for (const day of days) {
    await retention.seed({ day, state: 'failed', count: 50 });
    pending.push(...(await retention.seed({ day, state: 'pending', count: 20 })));
  }
  let isOver = false;
  const rounds = Promise.all([retention.round(), retention.round(), retention.round()]).finally(() => {
    isOver = true;
  });
  rounds.catch(() => undefined);
  const accepting = (async () => {
    let count = 0;
    for (; !isOver; count++) await retention.acceptOne();
    return count;
  })();
  for (const id of pending) await deliver(id);
  await rounds;
  const accepted = await accepting;
  await retention.round();
  expect(await retention.totals()).toEqual({ finished: 15 + 300 + pending.length, failed: 310 });
  expect(await retention.on(daysAgo(0))).toHaveLength(accepted);
  for (const day of [OLD, ...days]) expect(await retention.hasPartition(day)).toBe(false);
  expect(await retention.knex('deliveries_kept')).toHaveLength(pending.length);
  expect(await retention.knex('attempts_kept')).toHaveLength(2 * pending.length);
});
