import { takeOverdueLanes } from '../../../src/db/carrying/overdue';
import { readStandings } from '../../../src/db/carrying/standing';
import { findOpenSetback, pullInDeliveries, pullInLanes } from '../../../src/db/clockSetbacks';
import { beat } from '../../../src/db/processes';
import { type Carrying, startCarrying } from './carrying';

jest.setTimeout(60_000);

const HOUR_MS = 3_600_000;
const PROCESS = { id: '01a20000-0000-7000-8000-000000000001', role: 'all' as const, epoch: 0, over: [] };

let carrying: Carrying;
let subscriptionId: string;
beforeEach(async () => {
  carrying = await startCarrying();
  subscriptionId = await carrying.subscribe();
});
afterEach(() => carrying.stop());

/** Every moment that was written lies an hour further ahead: as it looks after PostgreSQL's clock went back by an hour. */
async function clockGoesBack(): Promise<void> {
  const moments = {
    processes: ['seen_at'],
    deliveries: ['next_attempt_at', 'due_by', 'created_at'],
    attempts: ['started_at'],
    lanes: ['next_attempt_at', 'due_by', 'held_until', 'since'],
    subscription_cancellations: ['at', 'pass_at'],
    grant_cancellations: ['at', 'pass_at'],
  };
  for (const [table, columns] of Object.entries(moments)) {
    await carrying.knex.raw(`UPDATE ${table} SET ${columns.map((c) => `${c} = ${c} + interval '1 hour'`)}`);
  }
}

async function pullIn(): Promise<void> {
  for (let setback = await findOpenSetback(carrying.knex); setback; setback = await findOpenSetback(carrying.knex)) {
    if (!setback.lanesDone) await pullInLanes(carrying.knex, setback);
    await pullInDeliveries(carrying.knex, setback);
  }
}

/** One that failed a moment ago and waits. */
async function failed({ waitS, behindLane = false }: { waitS: number; behindLane?: boolean }): Promise<string> {
  const { deliveryId } = await carrying.acceptOne();
  const { knex } = carrying;
  const row = await carrying.row(deliveryId);
  await knex('attempts').insert({
    ...{ delivery_id: deliveryId, day: row.day, number: 1, duration_ms: 5, status_code: 503 },
    started_at: knex.raw("now() - interval '1 s'"),
  });
  const next = `now() + interval '${waitS} s'`;
  await knex('deliveries')
    .where({ id: deliveryId })
    .update({
      failures: 1,
      next_attempt_at: knex.raw(next),
      due_by: behindLane ? null : knex.raw(`${next} + interval '30 s'`),
    });
  return deliveryId;
}

/** Seconds from now, by PostgreSQL's clock. */
async function inS(table: string, column: string, id: string): Promise<number | null> {
  const { rows } = await carrying.knex.raw(
    `SELECT extract(epoch FROM ${column} - now())::float8 AS s FROM ${table} WHERE id = ?`,
    [id],
  );
  return rows[0].s;
}

test('it is noted once, with how far it went back, and dead processes do not live for as long', async () => {
  await beat(carrying.knex, PROCESS);
  await carrying.knex('processes').insert({ id: '01a20000-0000-7000-8000-000000000002', role: 'all' });
  expect(await beat(carrying.knex, PROCESS)).toMatchObject({ clockWentBackMs: 0 });
  await clockGoesBack();
  const beats = await Promise.all([1, 2, 3].map(() => beat(carrying.knex, PROCESS)));
  const noted = beats.map(({ clockWentBackMs }) => clockWentBackMs).filter((ms) => ms > 0);
  expect(noted).toHaveLength(1);
  expect(noted[0]).toBeGreaterThan(HOUR_MS - 60_000);
  expect(noted[0]).toBeLessThanOrEqual(HOUR_MS);
  expect(await carrying.knex('clock_setbacks')).toHaveLength(1);
  expect(await carrying.knex('processes').whereRaw("seen_at > now() + interval '1 s'")).toEqual([]);
});

test('what waits for its next attempt waits for as long as it was to, wherever it waits', async () => {
  await beat(carrying.knex, PROCESS);
  const ids = await Promise.all([failed({ waitS: 60 }), failed({ waitS: 60, behindLane: true })]);
  const long = await failed({ waitS: 5 * 3600 });
  const { deliveryId: underWay } = await carrying.acceptOne();
  const { deliveryId: unattempted } = await carrying.acceptOne({}, { attempting: false });
  await clockGoesBack();
  await beat(carrying.knex, PROCESS);
  for (const id of ids) expect(await inS('deliveries', 'next_attempt_at', id)).toBeGreaterThan(3500);
  await pullIn();
  for (const id of ids) expect(await inS('deliveries', 'next_attempt_at', id)).toBeLessThanOrEqual(120);
  expect((await carrying.row(ids[1])).due_by).toBeNull();
  expect(await inS('deliveries', 'due_by', ids[0])).toBeLessThanOrEqual(150);
  expect(await inS('deliveries', 'next_attempt_at', long)).toBeGreaterThan(4.9 * 3600);
  expect(await inS('deliveries', 'next_attempt_at', long)).toBeLessThanOrEqual(5 * 3600 + 60);
  expect(await inS('deliveries', 'due_by', underWay)).toBeLessThanOrEqual(60);
  expect((await carrying.row(underWay)).next_attempt_at).toBeNull();
  expect(await inS('deliveries', 'next_attempt_at', unattempted)).toBeLessThanOrEqual(0);
});

test('a wait that was planned after the clock went back stays as it is, and nothing is pulled in twice', async () => {
  await beat(carrying.knex, PROCESS);
  const before = await failed({ waitS: 7200 });
  await clockGoesBack();
  await beat(carrying.knex, PROCESS);
  const after = await failed({ waitS: 7200 });
  await pullIn();
  const first = await inS('deliveries', 'next_attempt_at', before);
  expect(await inS('deliveries', 'next_attempt_at', after)).toBeGreaterThan(7100);
  await beat(carrying.knex, PROCESS);
  await pullIn();
  expect(await inS('deliveries', 'next_attempt_at', before)).toBeGreaterThan((first ?? 0) - 60);
  expect(await carrying.knex('clock_setbacks').whereNull('done_at')).toEqual([]);
});

test('lanes are looked at again, and holds end', async () => {
  await beat(carrying.knex, PROCESS);
  await carrying.knex('lanes').update({
    state: 'sick',
    awake: true,
    ...Object.fromEntries(
      ['next_attempt_at', 'due_by', 'held_until'].map((c) => [c, carrying.knex.raw("now() + interval '20 s'")]),
    ),
  });
  const [lane] = await carrying.knex('lanes');
  await clockGoesBack();
  await beat(carrying.knex, PROCESS);
  expect(await takeOverdueLanes(carrying.knex, 10)).toEqual([]);
  await pullIn();
  expect(await inS('lanes', 'next_attempt_at', lane.id)).toBeLessThanOrEqual(80);
  expect(await inS('lanes', 'held_until', lane.id)).toBeLessThanOrEqual(30);
  expect(await takeOverdueLanes(carrying.knex, 10)).toEqual([{ subscriptionId, topic: '' }]);
});

test('what is accepted for a topic that came back is not taken for what it was cancelled with', async () => {
  await beat(carrying.knex, PROCESS);
  await carrying.changeTopics(subscriptionId, ['hs']);
  await carrying.changeTopics(subscriptionId, ['gs']);
  await carrying.knex.raw(`UPDATE subscription_cancellations
    SET readded = jsonb_build_object('gs', (readded ->> 'gs')::timestamptz + interval '1 hour')`);
  await clockGoesBack();
  const { deliveryId } = await carrying.acceptOne({}, { attempting: false });
  const { rows } = await carrying.knex.raw('SELECT now() >= at AS is_over FROM subscription_cancellations');
  expect(rows[0].is_over).toBe(false);
  expect(await readStandings(carrying.db, [deliveryId])).toMatchObject([{ cancelled: false }]);
  await beat(carrying.knex, PROCESS);
  await pullIn();
  const [cancellation] = await carrying.knex('subscription_cancellations');
  expect(cancellation.readded).toEqual({});
  expect(await carrying.row(deliveryId)).toMatchObject({ state: 'pending' });
});
