import { OPERATOR } from '../../support/engine';
import { type Portal, type PortalApp, startPortal } from './portalSetup';
import { waitForDelivery } from './rows';
import { waitForWorkflow, workflowOf } from './workflows';

jest.setTimeout(60_000);

let portal: Portal;
let app: PortalApp;
let targetId: string;
beforeAll(async () => {
  portal = await startPortal();
});
beforeEach(async () => {
  app = await portal.newApp({ tenantId: await portal.newTenant() });
  targetId = portal.newTarget();
});
afterAll(() => portal?.stop());

async function engineSubscription(): Promise<string> {
  const { tenantId, appId } = app;
  const row = await portal.knex('subscriptions').where({ tenant_id: tenantId, app_id: appId }).first('id');
  return row.id;
}

/** An event of the target, of which every page has been refused once. */
async function refusedOnce(): Promise<{ eventId: string; ids: string[] }> {
  portal.receiver.on(portal.pathOf(app), { status: 503 });
  const { eventId } = await portal.publish([targetId], { tenantId: app.tenantId });
  const ids: string[] = (await portal.deliveriesOf(eventId)).map(({ id }: { id: string }) => id);
  for (const id of ids) {
    await waitForDelivery(portal.knex, { subscriptionId: await engineSubscription(), state: 'pending', failures: 1 });
    await waitForWorkflow(portal.node.client, { workflowId: await workflowOf(portal.knex, id), status: 'RUNNING' });
  }
  await portal.receiver.waitForHits(portal.pathOf(app), ids.length);
  portal.receiver.on(portal.pathOf(app), {});
  portal.receiver.clear();
  return { eventId, ids };
}

const as = (subject: string, uuid: string) =>
  ({ caller: portal.user(app, subject), bundle: 'subscription', uuid }) as const;
const change = (subject: string, uuid: string, more: { status?: 0 | 1; targetId?: string }) =>
  portal.node.services.portal.change({ ...as(subject, uuid), targetType: {}, ...more });
const remove = (subject: string, uuid: string) => portal.node.services.portal.remove(as(subject, uuid));

test('between acceptance and a repeat: who has left is dropped, who still wants it is told', async () => {
  const keys = new Map<string, string>();
  for (const subject of ['1off', '2gone', '3moved', '4stays', '5older', '6default', '7own', '8opted', '9key']) {
    keys.set(subject, await portal.newKey(app, subject));
  }
  const byDefault = await portal.add(app, { subject: null, targetId });
  const own: Record<string, string> = {};
  for (const subject of ['1off', '2gone', '3moved', '4stays', '5older']) {
    own[subject] = await portal.add(app, { subject, targetId });
  }
  const second = await portal.add(app, { subject: '5older', targetId });
  const of = (subject: string) => own[subject] ?? '';
  const { eventId, ids } = await refusedOnce();

  await change('1off', of('1off'), { status: 0 });
  await change('2gone', of('2gone'), { status: 0 });
  await remove('2gone', of('2gone'));
  await portal.add(app, { subject: '2gone', targetId, status: 0 });
  await change('3moved', of('3moved'), { targetId: 'elsewhere' });
  await portal.add(app, { subject: '3moved', targetId, status: 0 });
  await remove('5older', of('5older'));
  const late = await portal.add(app, { subject: '7own', targetId });
  await portal.add(app, { subject: '8opted', targetId, status: 0 });
  await portal.node.services.keys.revoke({ caller: OPERATOR, id: keys.get('9key') ?? '' });
  await portal.newKey(app, 'newcomer');

  for (const id of ids) await portal.node.retry(id);
  await portal.waitForStates(eventId, ['delivered']);
  expect(portal.messages(app).map(({ id, recipients }) => ({ id, recipients }))).toEqual([
    {
      id: ids[0],
      recipients: expect.arrayContaining([
        { user: '4stays', subscription_uuid: of('4stays') },
        { user: '5older', subscription_uuid: second },
        { user: '6default', subscription_uuid: byDefault },
        { user: '7own', subscription_uuid: late },
      ]),
    },
  ]);
  expect(portal.messages(app)[0]?.recipients).toHaveLength(4);
});

test('of a default that is no longer in force, everybody', async () => {
  await portal.newKey(app, 'ann');
  const uuid = await portal.add(app, { subject: null, targetId });
  const { eventId, ids } = await refusedOnce();
  const bundle = 'system_subscription_list';
  const { tenantId } = app;
  await portal.node.services.portal.change({ caller: OPERATOR, bundle, tenantId, uuid, targetType: {}, enable: 0 });
  for (const id of ids) await portal.node.retry(id);
  await portal.waitForStates(eventId, ['cancelled']);
});

test('a page that everybody has left is cancelled without a call; the other is not touched by that', async () => {
  await portal.addMany(app, { count: 501, targetId });
  await portal.newKey(app, 'ann');
  const uuid = await portal.add(app, { subject: 'ann', targetId });
  const { eventId, ids } = await refusedOnce();
  expect(ids).toHaveLength(2);
  await remove('ann', uuid);
  await remove('user00501', `${app.appId}-uuid-501`);
  await remove('user00001', `${app.appId}-uuid-1`);
  for (const id of ids) await portal.node.retry(id);
  await portal.waitForStates(eventId, ['delivered', 'cancelled']);
  const [first] = portal.messages(app);
  expect(first?.recipients.map(({ user }) => user)).toEqual(
    Array.from({ length: 499 }, (_, at) => `user${String(at + 2).padStart(5, '0')}`),
  );
  expect(portal.messages(app)).toHaveLength(1);

  const [, empty] = await portal.deliveriesOf(eventId);
  expect(empty).toMatchObject({ reason: 'no_recipients', attempt: 2 });
  await waitForWorkflow(portal.node.client, {
    workflowId: await workflowOf(portal.knex, empty.id),
    status: 'COMPLETED',
  });
  await expect(portal.node.retry(empty.id)).rejects.toMatchObject({ status: 409 });
  expect(await portal.knex('attempts').where({ delivery_id: empty.id })).toHaveLength(1);
});

test('also behind a lane: what waited while the subscription was paused', async () => {
  for (const subject of ['ann', 'bob']) await portal.newKey(app, subject);
  const other = portal.newTarget();
  const left = await portal.add(app, { subject: 'ann', targetId });
  const stays = await portal.add(app, { subject: 'bob', targetId: other });
  await portal.node.pause(await engineSubscription());
  const { eventId } = await portal.publish([targetId, other], { tenantId: app.tenantId });
  await remove('ann', left);
  await portal.node.resume(await engineSubscription());
  await portal.waitForStates(eventId, ['cancelled', 'delivered']);
  expect(portal.messages(app).map(({ recipients }) => recipients)).toEqual([
    [{ user: 'bob', subscription_uuid: stays }],
  ]);
});

test("what is pending goes where the app's callback has moved to", async () => {
  await portal.newKey(app, 'ann');
  await portal.add(app, { subject: 'ann', targetId });
  const { eventId, ids } = await refusedOnce();
  const moved = `${portal.pathOf(app)}-moved`;
  await portal.node.services.apps.change(OPERATOR, app, { callbackUrl: portal.receiver.url(moved) });
  for (const id of ids) await portal.node.retry(id);
  await portal.waitForStates(eventId, ['delivered']);
  expect([portal.receiver.hits(moved), portal.messages(app)]).toMatchObject([[{}], []]);
});

test('an app that gives up its callback has nothing pending and takes no users, until it has one again', async () => {
  await portal.newKey(app, 'ann');
  await portal.add(app, { subject: 'ann', targetId });
  const { eventId } = await refusedOnce();
  await portal.node.services.apps.change(OPERATOR, app, { callbackUrl: null });
  await portal.waitForStates(eventId, ['cancelled']);
  expect(await portal.deliveriesOf(eventId)).toMatchObject([{ reason: 'subscription_deleted' }]);
  await expect(portal.add(app, { subject: 'ann', targetId })).rejects.toMatchObject({ status: 400 });
  const unheard = await portal.publish([targetId], { tenantId: app.tenantId });
  expect(await portal.deliveriesOf(unheard.eventId)).toEqual([]);

  await portal.node.services.apps.change(OPERATOR, app, { callbackUrl: portal.receiver.url(portal.pathOf(app)) });
  const heard = await portal.publish([targetId], { tenantId: app.tenantId });
  await portal.waitForStates(heard.eventId, ['delivered']);
  expect(await portal.told(app, 1)).toEqual([['ann']]);
});
