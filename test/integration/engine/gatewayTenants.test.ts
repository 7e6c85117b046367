import type { Account } from '../../support/api';
import { FROZEN, type GatewayInstallation, startGatewayInstallation, UNFROZEN } from './gatewayInstallation';

jest.setTimeout(60_000);

let gateway: GatewayInstallation;
let own: Account;
let granting: Account;
let stranger: Account;
beforeAll(async () => {
  gateway = await startGatewayInstallation();
});
afterAll(() => gateway?.stop());
beforeEach(async () => {
  [own, granting, stranger] = await Promise.all([gateway.account(), gateway.account(), gateway.account()]);
  gateway.receiver.clear();
});

const grants = () => `/v1/apps/${own.tenantId}/${own.appId}/grants`;
const grant = () => gateway.must(own.operator, 'POST', grants(), { tenantId: granting.tenantId });
const withdraw = () => gateway.must(own.operator, 'DELETE', `${grants()}/${granting.tenantId}`);

/** Publishes one event in each tenant. */
async function publishEverywhere(name: string, tag = FROZEN): Promise<void> {
  for (const account of [stranger, granting, own]) {
    const whose = { [own.tenantId]: 'own', [granting.tenantId]: 'granting' }[account.tenantId] ?? 'stranger';
    await gateway.publish(account, tag, JSON.stringify([`${name}, ${whose}`]));
  }
}

/** What has come to the app's registration, and what its rows say that will ever come. */
async function contents(path: string, expected: string[]): Promise<void> {
  const messages = await gateway.messages(path, expected.length);
  expect(messages.map(({ content }) => JSON.parse(content ?? '')[0]).sort()).toEqual([...expected].sort());
  const deliveries = await gateway
    .knex('deliveries')
    .join('subscriptions', 'subscriptions.id', 'deliveries.subscription_id')
    .where({ 'subscriptions.tenant_id': own.tenantId, callback_url: gateway.receiver.url(path) });
  expect(deliveries).toHaveLength(expected.length);
}

test('an app without a grant receives the events of its own tenant alone', async () => {
  await gateway.register(own, { path: '/own', eventTags: [FROZEN] });
  await publishEverywhere('one');
  await publishEverywhere('two', UNFROZEN);
  await publishEverywhere('three');
  await contents('/own', ['one, own', 'three, own']);
});

test('a grant takes effect with its answer, for what is registered before and after, and ends with its withdrawal', async () => {
  await gateway.register(own, { path: '/before', eventTags: [FROZEN] });
  await publishEverywhere('none');
  await grant();
  await gateway.register(own, { path: '/after', eventTags: [FROZEN] });
  await publishEverywhere('granted');
  await contents('/before', ['none, own', 'granted, own', 'granted, granting']);
  await contents('/after', ['granted, own', 'granted, granting']);
  await withdraw();
  await publishEverywhere('withdrawn');
  await contents('/before', ['none, own', 'granted, own', 'granted, granting', 'withdrawn, own']);
  await contents('/after', ['granted, own', 'granted, granting', 'withdrawn, own']);
});

test('a tag that is changed is changed for the granting tenant too', async () => {
  await grant();
  const [registration] = await gateway.register(own, { path: '/changed', eventTags: [FROZEN] });
  const path = `/gateway/callbacks/${registration?.id}`;
  await gateway.must(own.subscriber, 'PUT', path, { eventTag: UNFROZEN });
  await publishEverywhere('old tag');
  await publishEverywhere('new tag', UNFROZEN);
  await contents('/changed', ['new tag, own', 'new tag, granting']);
});

test("what fails of a granting tenant's events stands in the app's list, and in no other", async () => {
  await grant();
  await gateway.register(own, { path: '/failing', eventTags: [FROZEN], answers: { status: 410 } });
  await gateway.register(granting, { path: '/fine', eventTags: [FROZEN] });
  await publishEverywhere('x');
  const failed = await gateway.failed(own, 2);
  expect(failed.map(({ content }) => content[0]).sort()).toEqual(['x, granting', 'x, own']);
  await gateway.failed(granting, 0);
  const dispatchIds = failed.map(({ dispatchId }) => dispatchId);
  const { status, body } = await gateway.call(granting.subscriber, 'POST', '/gateway/failedMessages/redeliver', {
    dispatchIds,
  });
  expect(status).toBe(404);
  for (const id of dispatchIds) expect(body.errmsg).toContain(id);
  await gateway.failed(own, 2);
});

test('what is pending of a withdrawn grant is never sent', async () => {
  await grant();
  const [registration] = await gateway.register(own, {
    path: '/pending',
    eventTags: [FROZEN],
    answers: { body: '{"errcode":"1"}' },
  });
  await gateway.publish(granting, FROZEN, '["x"]');
  const { id } = await gateway.attempted(own, registration?.id ?? '');
  expect(await withdraw()).toEqual({ cancelled: 1 });
  expect(await gateway.must(own.subscriber, 'GET', `/v1/deliveries/${id}`)).toMatchObject({ state: 'cancelled' });
  await gateway.failed(own, 0);
});
