import { findReplayStarts } from '../../../src/db/carrying/replays';
import { activateLanes } from '../../../src/db/carrying/steerLanes';
import { waitForBlocked } from '../../support/locks';
import { type Carrying, startCarrying, toAccept } from './carrying';

jest.setTimeout(60_000);

let carrying: Carrying;
let laneId: string;
let subscriptionId: string;
beforeEach(async () => {
  carrying = await startCarrying();
  subscriptionId = await carrying.subscribe({ ordered: true });
  laneId = (await carrying.knex('lanes').first('id')).id;
});
afterEach(() => carrying.stop());

const ANCIENT = Date.now() - 3600_000;
const at = (minute: number) => new Date(ANCIENT + minute * 60_000);

/** A delivery a minute from `ANCIENT` on; those in `gone` are there no more. */
async function accept(count: number, gone: number[] = []): Promise<void> {
  await carrying.accept(Array.from({ length: count }, () => toAccept()));
  await carrying.knex.raw(
    "UPDATE deliveries SET state = 'delivered', created_at = ?::timestamptz + (lane_number - 1) * interval '1 minute' WHERE lane_number IS NOT NULL",
    [at(0)],
  );
  await carrying.knex('deliveries').whereIn('lane_number', gone).delete();
}

async function startOf(since: Date): Promise<number | null> {
  const [start] = await findReplayStarts(carrying.knex, { laneIds: [laneId], since });
  return start ? Number(start.number) : null;
}

test('begins at the first delivery that was accepted since then, wherever that is', async () => {
  await accept(50);
  for (const minute of [0, 1, 7, 24, 25, 48, 49]) expect(await startOf(at(minute))).toBe(minute + 1);
  expect(await startOf(new Date(0))).toBe(1);
  expect(await startOf(at(50))).toBeNull();
});

test('never skips one that was accepted since then, whatever is gone by now', async () => {
  const gone = [1, 2, 3, 10, 25, 26, 27, 28, 40, 50];
  await accept(50, gone);
  for (let minute = 0; minute < 50; minute++) {
    const start = await startOf(at(minute));
    const rest = Array.from({ length: 50 - minute }, (_, i) => minute + 1 + i).filter(
      (number) => !gone.includes(number),
    );
    if (rest.length > 0) expect(start).toBeLessThanOrEqual(rest[0] ?? 0);
    // Nor does it begin before what is too old: between the two nothing is left.
    const tooOld = Array.from({ length: minute }, (_, i) => i + 1).filter((number) => !gone.includes(number));
    if (start !== null) expect(start).toBeGreaterThan(tooOld.at(-1) ?? 0);
  }
});

test('of an empty lane, and of one that is not ordered, nothing', async () => {
  expect(await startOf(new Date(0))).toBeNull();
  await carrying.subscribe();
  const laneIds = await carrying.knex('lanes').pluck('id');
  await accept(2);
  expect(await findReplayStarts(carrying.knex, { laneIds, since: new Date(0) })).toEqual([{ laneId, number: '1' }]);
});

test('where a re-push begins is found before the lane is locked: an accept never waits for it', async () => {
  await accept(5);
  const trx = await carrying.knex.transaction();
  await trx.raw('LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE');
  const activated = activateLanes(carrying.knex, carrying.steer, { laneIds: [laneId], since: at(2) });
  await waitForBlocked(carrying.knex, 'WITH RECURSIVE wanted');
  await trx('lanes').where({ id: laneId }).forUpdate().noWait();
  await trx.commit();
  expect(await activated).toEqual([{ subscriptionId, topic: 'gs' }]);
  expect(await carrying.knex('lanes').first('replay_made', 'replay_to')).toEqual({ replay_made: '2', replay_to: '5' });
});
