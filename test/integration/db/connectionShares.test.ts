import { Client } from 'pg';
import { holdLane } from '../../../src/db/carrying/holdLane';
import { asShare } from '../../../src/db/connectionShare';
import { waitFor } from '../../support/engine';
import { type Carrying, startCarrying } from './carrying';

jest.setTimeout(60_000);

/** More than the hot path has connections. */
const MANY = 20;
/** Half of the six that lanes share. */
const MOST_OF_ONE_TENANT = 3;

let carrying: Carrying;
/** Not one of the product's connections. */
let outsider: Client;

beforeEach(async () => {
  carrying = await startCarrying();
  outsider = new Client({ connectionString: carrying.url });
  await outsider.connect();
});

afterEach(async () => {
  await outsider.end();
  await carrying.stop();
});

const hold = (tenantId: string, subscriptionId: string) =>
  asShare({ tenantId, flow: subscriptionId }, () => holdLane(carrying.db, { subscriptionId, topic: 'gs' }));

async function blocked(): Promise<number> {
  const { rows } = await carrying.db.reserved.raw<{ rows: { count: number }[] }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'postrider' AND wait_event_type = 'Lock'`,
  );
  return rows[0]?.count ?? 0;
}

test("one tenant's locked lanes hold a part of the hot path: another's lane is held and its events are accepted", async () => {
  const ids: string[] = [];
  for (let i = 0; i < MANY; i++) ids.push(await carrying.subscribe({ ordered: true }));
  const other = await carrying.subscribe({ tenantId: 'rival', ordered: true });
  await carrying.knex('lanes').update({ state: 'running' });
  await outsider.query('BEGIN');
  await outsider.query('SELECT FROM lanes WHERE subscription_id = ANY($1::uuid[]) FOR UPDATE', [ids]);
  const holds = ids.map((id) => hold('acme', id).catch(() => null));
  await waitFor(async () => ((await blocked()) === MOST_OF_ONE_TENANT ? true : undefined), {
    what: 'a part of the connections that waits',
  });
  await expect(carrying.acceptOne({ tenantId: 'rival' })).resolves.toBeDefined();
  await expect(hold('rival', other)).resolves.toMatchObject({ isReplaying: false });
  expect(await blocked()).toBeLessThanOrEqual(MOST_OF_ONE_TENANT);
  await outsider.query('ROLLBACK');
  await Promise.all(holds);
});
