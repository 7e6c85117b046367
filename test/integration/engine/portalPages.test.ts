import { type Portal, startPortal } from './portalSetup';

jest.setTimeout(60_000);

let portal: Portal;
beforeAll(async () => {
  portal = await startPortal();
});
afterAll(() => portal?.stop());

const names = (count: number) => Array.from({ length: count }, (_, at) => `user${String(at + 1).padStart(5, '0')}`);

test.each(['their own', 'a default'])('1,201 users by %s are told once each, in 3 calls', async (way) => {
  const app = await portal.newApp({ tenantId: await portal.newTenant() });
  const targetId = portal.newTarget();
  await portal.newKey(app, 'user00001');
  await portal.addMany(app, { count: 1201, targetId: way === 'a default' ? null : targetId });
  if (way === 'a default') await portal.add(app, { subject: null, targetId });
  const { eventId } = await portal.publish([targetId], { tenantId: app.tenantId });
  await portal.waitForStates(eventId, ['delivered', 'delivered', 'delivered']);

  const rows = await portal.deliveriesOf(eventId);
  expect(rows.map((row: { page_number: number }) => row.page_number)).toEqual([1, 2, 3]);
  const byId = new Map(portal.messages(app).map((message) => [message.id, message.recipients.map(({ user }) => user)]));
  expect(portal.messages(app)).toHaveLength(3);
  const pages: string[][] = rows.map(({ id }: { id: string }) => byId.get(id) ?? []);
  expect(pages.map((page) => page.length)).toEqual([500, 500, 201]);
  expect(pages.flat()).toEqual(names(1201));
});

test.each([499, 500, 501])('%i users', async (count) => {
  const app = await portal.newApp({ tenantId: await portal.newTenant() });
  const targetId = portal.newTarget();
  await portal.newKey(app, 'user00001');
  await portal.addMany(app, { count, targetId });
  const { eventId } = await portal.publish([targetId], { tenantId: app.tenantId });
  const lengths = count === 501 ? [500, 1] : [count];
  await portal.waitForStates(
    eventId,
    lengths.map(() => 'delivered'),
  );
  const told = await portal.told(app, lengths.length);
  expect(told.map((users) => users.length).sort((a, b) => b - a)).toEqual(lengths);
  expect(told.flat().sort()).toEqual(names(count));
});

test('own subscriptions and a default share pages, each user once, also when events come together', async () => {
  const app = await portal.newApp({ tenantId: await portal.newTenant() });
  const targetId = portal.newTarget();
  const other = portal.newTarget();
  await portal.newKey(app, 'user00001');
  await portal.addMany(app, { count: 600, targetId });
  await portal.knex('portal_subscriptions').where({ app_id: app.appId }).whereRaw('id % 2 = 0').delete();
  await portal.add(app, { subject: null, targetId });
  const events = await Promise.all([
    portal.publish([targetId], { tenantId: app.tenantId }),
    portal.publish([targetId], { tenantId: app.tenantId, topic: 'gs' }),
    portal.publish([other, targetId], { tenantId: app.tenantId }),
    portal.publish([other], { tenantId: app.tenantId }),
  ]);
  for (const at of [0, 2]) {
    const eventId = events[at]?.eventId ?? '';
    await portal.waitForStates(eventId, ['delivered', 'delivered']);
    const ids = new Set((await portal.deliveriesOf(eventId)).map(({ id }: { id: string }) => id));
    const told = portal.messages(app).filter(({ id }) => ids.has(id));
    expect(told.flatMap(({ recipients }) => recipients.map(({ user }) => user)).sort()).toEqual(names(600));
  }
  for (const at of [1, 3]) expect(await portal.deliveriesOf(events[at]?.eventId ?? '')).toEqual([]);
});

test('an event that names more targets than are written at once is told to all, page by page, each once', async () => {
  const app = await portal.newApp({ tenantId: await portal.newTenant() });
  const { tenantId, appId } = app;
  await portal.newKey(app, 'user00001');
  const targets = Array.from({ length: 250 }, () => portal.newTarget());
  await portal.add(app, { subject: 'user00001', targetId: targets[0] ?? '' });
  await portal.knex.raw(
    `INSERT INTO portal_subscriptions (tenant_id, uuid, app_id, subject, target_type, action, target_id)
     SELECT ?, ? || n, ?, 'user00001', 7, 'collection', target
     FROM unnest(?::text[]) WITH ORDINALITY AS t(target, n)`,
    [tenantId, `${appId}-many-`, appId, targets.slice(1)],
  );
  const { eventId } = await portal.publish(targets, { tenantId });
  expect(await portal.deliveriesOf(eventId)).not.toHaveLength(targets.length);
  await portal.told(app, targets.length);
  await portal.waitForStates(
    eventId,
    targets.map(() => 'delivered'),
  );
  const rows = await portal.deliveriesOf(eventId);
  expect(rows.map(({ page_number }: { page_number: number }) => page_number)).toEqual(targets.map((_, i) => i + 1));
  expect(
    portal
      .messages(app)
      .map(({ target_id }) => target_id)
      .sort(),
  ).toEqual(targets.toSorted());
  expect(await portal.knex('events').where({ id: eventId }).first('fan_out_targets')).toEqual({
    fan_out_targets: null,
  });
});
