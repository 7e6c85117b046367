import { randomUUID } from 'node:crypto';
import { findUnfinishedEvents } from '../../../src/db/carrying/fanOut';
import { findOverdue, takeOverdueLanes } from '../../../src/db/carrying/overdue';
import { type Carrying, startCarrying } from './carrying';

jest.setTimeout(60_000);

let carrying: Carrying;
beforeEach(async () => {
  carrying = await startCarrying();
});
afterEach(() => carrying.stop());

/** As many more of a tenant's rows, each overdue for longer than any other. */
const MANY = 3000;

test('of overdue deliveries one tenant takes its turn, however many another has', async () => {
  const ofRival = await carrying.subscribe({ tenantId: 'rival' });
  const other = await carrying.subscribe({ topics: ['hs'] });
  await carrying.subscribe();
  await carrying.acceptOne({ tenantId: 'rival' });
  await carrying.acceptOne({ topic: 'hs' });
  await carrying.acceptOne();
  await carrying.knex('deliveries').update({ due_by: carrying.knex.raw("now() - interval '1 s'") });
  await carrying.knex.raw(
    `INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state, due_by, created_at)
     SELECT gen_random_uuid(), day, gen_random_uuid(), event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
            now() - interval '1 hour', created_at
     FROM deliveries d, generate_series(1, ?) WHERE d.tenant_id = 'acme' AND d.topic = 'gs'`,
    [MANY],
  );
  const chosen = (await findOverdue(carrying.knex, 4)).map(({ subscriptionId }) => subscriptionId);
  expect(chosen.slice(0, 2)).toContain(ofRival);
  expect(chosen).toContain(other);
  expect(await findOverdue(carrying.knex, MANY * 2)).toHaveLength(MANY + 3);
});

test('so it is with overdue lanes', async () => {
  const ofRival = await carrying.subscribe({ tenantId: 'rival' });
  const mine = await carrying.subscribe();
  const lanes = Array.from({ length: MANY }, (_, n) => ({ id: randomUUID(), subscription_id: mine, topic: `t${n}` }));
  await carrying.knex.batchInsert('lanes', lanes, 500);
  await carrying.knex('lanes').update({ due_by: carrying.knex.raw("now() - interval '1 hour'") });
  await carrying
    .knex('lanes')
    .where({ subscription_id: ofRival })
    .update({ due_by: carrying.knex.raw("now() - interval '1 s'") });
  const taken = await takeOverdueLanes(carrying.knex, 10);
  expect(taken).toHaveLength(10);
  expect(taken).toContainEqual({ subscriptionId: ofRival, topic: '' });
});

test('and with events whose deliveries are not all written', async () => {
  await carrying.acceptEvent({ tenantId: 'acme' });
  await carrying.knex.raw(
    `INSERT INTO events (id, day, tenant_id, source, topic, type, status, key, changes, publisher_key_id, accepted_at, fan_out_after)
     SELECT uuid_v7_at(1000), day, tenant_id, source, topic, type, status, key, changes, publisher_key_id, accepted_at,
            gen_random_uuid()
     FROM events, generate_series(1, ?)`,
    [MANY],
  );
  const eventId = await carrying.acceptEvent({ tenantId: 'rival' });
  await carrying.knex('events').where({ id: eventId }).update({ fan_out_after: randomUUID() });
  expect(await findUnfinishedEvents(carrying.knex, 2)).toContainEqual({ eventId, tenantId: 'rival', topic: 'gs' });
});
