import { createCancel } from '../../../activities/cancel';
import { asActor } from '../../../src/db/actor';
import { type AuditRecord, audit } from '../../../src/db/audit';
import { pauseSubscription } from '../../../src/db/carrying/pauseSubscription';
import { cancelDelivery } from '../../../src/db/carrying/steer';
import { AUDIT_DAYS, forgetAudit } from '../../../src/db/retention/forgetAudit';
import { createSteer } from '../../../src/db/steerings';
import { type Carrying, startCarrying } from './carrying';

jest.setTimeout(60_000);

let carrying: Carrying;
let logged: AuditRecord[];

beforeEach(async () => {
  logged = [];
  carrying = await startCarrying();
  await carrying.knex('audit').delete();
});
afterEach(() => carrying.stop());

const someone = {
  keyId: 'k1',
  keyTenantId: 'acme',
  route: 'POST /v1/x',
  requestId: null,
  onAudited: (record: AuditRecord) => void logged.push(record),
};

const TOPIC = { object: 'topic', id: 'gs', of: { tenantId: null } } as const;

test('a change that is not committed is neither recorded nor logged', async () => {
  const undone = asActor(someone, () =>
    carrying.knex.transaction(async (trx) => {
      await audit(trx, TOPIC);
      throw new Error('no');
    }),
  );
  await expect(undone).rejects.toThrow('no');
  expect(await carrying.knex('audit')).toEqual([]);
  expect(logged).toEqual([]);
});

test('a record says who, in which tenants, over which route, and what', async () => {
  const id = await carrying.subscribe({ tenantId: 'rival' });
  await carrying.knex('audit').delete();
  const steer = createSteer({ knex: carrying.knex, onSteered: () => undefined });
  await asActor(someone, () => pauseSubscription(steer, id));
  const record = { object_type: 'subscription', object_id: id, tenant_id: 'rival', change: { is: 'paused' } };
  const by = { key_id: 'k1', key_tenant_id: 'acme', route: 'POST /v1/x' };
  expect(await carrying.knex('audit')).toEqual([expect.objectContaining({ ...record, ...by })]);
  expect(logged).toEqual([expect.objectContaining({ keyId: 'k1', id, tenantId: 'rival', change: { is: 'paused' } })]);
  await asActor(someone, () => pauseSubscription(steer, id));
  expect(await carrying.knex('audit')).toHaveLength(1);
});

test('a delivery that somebody cancels in the Temporal UI is recorded as its, one that follows from another act is not', async () => {
  await carrying.subscribe();
  const steer = createSteer({ knex: carrying.knex, onSteered: () => undefined });
  const [first, second] = [await carrying.acceptOne(), await carrying.acceptOne()];
  await carrying.knex('audit').delete();
  await cancelDelivery(steer, { deliveryId: first.deliveryId, reason: 'no_recipients' });
  const cancel = createCancel({ steer, onAudited: someone.onAudited });
  await cancel({ deliveryId: second.deliveryId, generation: 1 });
  await cancel({ deliveryId: second.deliveryId, generation: 1 });
  const record = { key_id: 'temporal', route: 'signal cancel', object_id: second.deliveryId, tenant_id: 'acme' };
  expect(await carrying.knex('audit')).toEqual([expect.objectContaining(record)]);
});

test('a long change is kept as the names of its fields', async () => {
  const topics = Array.from({ length: 1000 }, (_, i) => `topic-${i}`);
  await carrying.knex.transaction((trx) => audit(trx, { ...TOPIC, change: { topics, timeoutMs: 1 } }));
  expect(await carrying.knex('audit').first('change')).toEqual({ change: { fields: ['topics', 'timeoutMs'] } });
});

test('records older than a year are deleted, in pages, and no others', async () => {
  const insert = (count: number, days: number) =>
    carrying.knex.raw(
      `INSERT INTO audit (key_id, route, object_type, object_id, at)
       SELECT 'k', 'r', 'topic', i::text, now() - ? * interval '1 day' FROM generate_series(1, ?) i`,
      [days, count],
    );
  await insert(2500, AUDIT_DAYS + 1);
  await insert(3, AUDIT_DAYS - 1);
  expect(await forgetAudit(carrying.knex)).toBe(2500);
  expect(await carrying.knex('audit').count().first()).toEqual({ count: '3' });
});
