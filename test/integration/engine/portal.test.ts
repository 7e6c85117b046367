import { type Portal, type PortalApp, startPortal } from './portalSetup';

jest.setTimeout(60_000);

let portal: Portal;
beforeAll(async () => {
  portal = await startPortal();
});
afterAll(() => portal?.stop());

/** Nothing came but what came so far: the deliveries of an event stand in the database before the answer to its publish. */
async function nobody(changes: unknown[], more: Parameters<Portal['publish']>[1] = {}): Promise<void> {
  const { eventId } = await portal.publish(changes, more);
  expect(await portal.deliveriesOf(eventId)).toEqual([]);
}

test('a user is told of what they subscribe to, in one signed call to the app', async () => {
  const app = await portal.newApp();
  const targetId = portal.newTarget();
  await portal.newKey(app, 'ann');
  const uuid = await portal.add(app, { subject: 'ann', targetId });
  const { eventId } = await portal.publish([{ target_id: targetId, big: 1 }, 'elsewhere']);
  await portal.waitForStates(eventId, ['delivered']);
  const [delivery] = await portal.deliveriesOf(eventId);
  const [hit] = portal.receiver.hits(portal.pathOf(app));
  expect(hit?.headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': delivery.id,
    'webhook-signature': expect.stringMatching(/^v1,/),
  });
  expect(portal.messages(app)).toEqual([
    {
      id: delivery.id,
      topic: '7',
      action: 'collection',
      target_type: '7',
      target_id: targetId,
      changes: [{ target_id: targetId, big: 1 }, 'elsewhere'],
      recipients: [{ user: 'ann', subscription_uuid: uuid }],
      occurredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    },
  ]);
});

describe('who is told', () => {
  let app: PortalApp;
  let targetId: string;
  beforeEach(async () => {
    app = await portal.newApp({ tenantId: await portal.newTenant() });
    targetId = portal.newTarget();
    for (const subject of ['ann', 'bob', 'cid']) await portal.newKey(app, subject);
  });
  const publish = (changes: unknown[], more: Parameters<Portal['publish']>[1] = {}) =>
    portal.publish(changes, { tenantId: app.tenantId, ...more });

  test('only of that target, type and action, and of nothing that is switched off', async () => {
    await portal.add(app, { subject: 'ann', targetId });
    await portal.add(app, { subject: 'bob', targetId, status: 0 });
    await portal.add(app, { subject: 'bob', targetId: 'another' });
    await portal.add(app, { subject: 'cid', targetId, action: 'like' });
    await portal.add(app, { subject: 'cid', targetId, targetType: { number: 1 } });
    const { eventId } = await publish([targetId]);
    await portal.waitForStates(eventId, ['delivered']);
    expect(await portal.fixed(eventId)).toEqual([['ann']]);
    expect(await portal.told(app, 1)).toEqual([['ann']]);
    for (const changes of [[], [targetId.toUpperCase()], [1, null, [targetId], { id: targetId }]]) {
      if (changes.length > 0) await nobody(changes, { tenantId: app.tenantId });
    }
    for (const more of [{ topic: 'gs' }, { topic: '07' }, { topic: '8' }, { type: 'create' as const }]) {
      await nobody([targetId], { tenantId: app.tenantId, ...more });
    }
    await nobody([targetId]);
    await nobody([targetId], { tenantId: 'rival' });
  });

  test('of a target that cannot be one, nobody; the event is accepted', async () => {
    await portal.add(app, { subject: 'ann', targetId: '\ufffd' });
    await nobody(['a\0b', '\ud800', 'x'.repeat(200), { target_id: '\0' }], { tenantId: app.tenantId });
  });

  test('with two subscriptions of the same target once, by the older one', async () => {
    const older = await portal.add(app, { subject: 'ann', targetId });
    await portal.add(app, { subject: 'ann', targetId });
    await publish([targetId, targetId, { target_id: targetId }]);
    await portal.told(app, 1);
    expect(portal.messages(app).map(({ recipients }) => recipients)).toEqual([
      [{ user: 'ann', subscription_uuid: older }],
    ]);
  });

  test('of two targets in one event by a call for each', async () => {
    const other = portal.newTarget();
    await portal.add(app, { subject: 'ann', targetId });
    await portal.add(app, { subject: 'ann', targetId: other });
    await portal.add(app, { subject: 'bob', targetId: other });
    const { eventId } = await publish([other, targetId]);
    await portal.waitForStates(eventId, ['delivered', 'delivered']);
    const told = portal.messages(app).map((message) => [message.target_id, message.recipients.map(({ user }) => user)]);
    expect(new Map(told as [string, string[]][])).toEqual(
      new Map([
        [targetId, ['ann']],
        [other, ['ann', 'bob']],
      ]),
    );
  });

  test('of a default everybody who has chosen nothing else, while it is enabled and on', async () => {
    const uuid = await portal.add(app, { subject: null, targetId });
    await portal.add(app, { subject: 'bob', targetId, status: 0 });
    const own = await portal.add(app, { subject: 'cid', targetId });
    await portal.newKey(app, 'ann');
    const revoked = await portal.newKey(app, 'dan');
    await portal.node.services.keys.revoke({
      caller: { ...portal.user(app, 'x'), tenantId: null, roles: ['operator'] },
      id: revoked,
    });
    const { eventId } = await publish([targetId]);
    await portal.waitForStates(eventId, ['delivered']);
    expect((await portal.fixed(eventId)).flat().sort()).toEqual(['ann', 'cid']);
    expect(portal.messages(app).map(({ recipients }) => recipients)).toEqual([
      [
        { user: 'ann', subscription_uuid: uuid },
        { user: 'cid', subscription_uuid: own },
      ],
    ]);
    const operator = { ...portal.user(app, 'x'), tenantId: null, roles: ['operator'] as const, subject: null };
    for (const change of [{ enable: 0 as const }, { enable: 1 as const, status: 0 as const }]) {
      const call = { caller: operator, bundle: 'system_subscription_list', tenantId: app.tenantId, uuid } as const;
      await portal.node.services.portal.change({ ...call, targetType: {}, ...change });
      portal.receiver.clear();
      const again = await publish([targetId]);
      expect(await portal.fixed(again.eventId)).toEqual([['cid']]);
      expect(await portal.told(app, 1)).toEqual([['cid']]);
    }
  });

  test('of a default once through each app of the tenant that has portal users', async () => {
    const second = await portal.newApp(app);
    const empty = await portal.newApp(app);
    const mute = await portal.newApp({ tenantId: app.tenantId, hasCallback: false });
    await portal.newKey(second, 'ann');
    await portal.newKey(second, 'eve');
    await portal.newKey(mute, 'ann');
    await portal.add(app, { subject: null, targetId });
    const { eventId } = await publish([targetId]);
    await portal.waitForStates(eventId, ['delivered', 'delivered']);
    expect(await portal.told(app, 1)).toEqual([['ann', 'bob', 'cid']]);
    expect(await portal.told(second, 1)).toEqual([['ann', 'eve']]);
    expect([portal.messages(empty), portal.messages(mute)]).toEqual([[], []]);
  });

  test("what a user of one app has chosen concerns that app's callback alone, and no other tenant's user of that name", async () => {
    const second = await portal.newApp(app);
    const rival = await portal.newApp({ tenantId: 'rival' });
    await portal.newKey(second, 'bob');
    await portal.newKey(rival, 'ann');
    await portal.add(app, { subject: 'ann', targetId });
    await portal.add(rival, { subject: 'ann', targetId });
    const { eventId } = await publish([targetId]);
    await portal.waitForStates(eventId, ['delivered']);
    expect([await portal.told(app, 1), portal.messages(second), portal.messages(rival)]).toEqual([[['ann']], [], []]);
  });
});
