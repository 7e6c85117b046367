import { type Installation, OPERATOR, startInstallation, TENANT } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { type DeliveryRow, deliveriesOf } from './rows';

jest.setTimeout(60_000);

type Node = Awaited<ReturnType<Installation['startNode']>>;

const ANYWHERE = { kind: 'all' } as const;
const APP = { tenantId: TENANT, appId: 'shop' };
const PORTAL_APP = { tenantId: TENANT, appId: 'portal' };
const SUBSCRIBER = { keyId: 'test', ...APP, roles: ['subscriber'], subject: null } as const;
const USER = { keyId: 'test', ...PORTAL_APP, roles: ['subscriber'], subject: 'ann' } as const;
const GATEWAY_TAG = 'MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen';
const OF_USER = { caller: USER, bundle: 'subscription' } as const;
const CMDB_PLACE = { caller: SUBSCRIBER, account: TENANT, bizId: 2 };

let installation: Installation;
let receiver: Receiver;
/** Makes no attempts: the rows stay as the acts leave them. */
let node: Node;

beforeAll(async () => {
  installation = await startInstallation();
  receiver = await startReceiver();
  receiver.on('/gateway', { body: '{ "errcode": "0" }' });
  node = await installation.startNode({ role: 'api', temporalAddress: '127.0.0.1:1' });
  const { knex } = installation;
  await knex('apps').insert({ tenant_id: TENANT, id: 'portal', name: 'Portal' });
  await knex('target_types').insert({ number: 7, name: '7', uuid: 'term-number-7' });
});

afterAll(async () => {
  await receiver?.stop();
  await installation?.stop();
});

/** What an act is about, as it is expected in the log. */
type Expected = { subscription_id: string } | { tenant_id: string; app_id: string };

const subscribe = (more: { ordered?: boolean; historyRequired?: boolean } = {}) =>
  node.subscribe({ callbackUrl: receiver.url('/hook'), ...more });
const ordered = () => subscribe({ ordered: true });

async function laneOf(subscriptionId: string): Promise<string> {
  return (await installation.knex('lanes').where({ subscription_id: subscriptionId }).first('id')).id;
}

async function pendingOf(subscriptionId: string): Promise<DeliveryRow> {
  await node.publish();
  const [delivery] = await deliveriesOf(installation.knex, subscriptionId);
  if (!delivery) throw new Error('nothing was accepted');
  return delivery;
}

const cmdbInput = (name: string, names: string[]) => ({
  ...{ name, systemName: 'test', callbackUrl: receiver.url('/cmdb'), names, timeoutMs: 1000, operator: null },
  ...{ confirmMode: 'httpstatus', confirmPattern: '200' },
});

async function cmdbSubscription(name: string): Promise<{ number: number; id: string }> {
  const number = await node.services.cmdb.subscribe({ ...CMDB_PLACE, input: cmdbInput(name, ['hostcreate']) as never });
  const row = await installation.knex('cmdb_subscriptions').where({ number }).first('subscription_id');
  return { number, id: row.subscription_id };
}

const registerGateway = async (path: string) => {
  receiver.on(path, { body: '{ "errcode": "0" }' });
  const [made] = await node.services.gateway.register({
    ...{ caller: SUBSCRIBER, eventTags: [GATEWAY_TAG], callbackUrl: receiver.url(path) },
  });
  return made?.id ?? '';
};

const registerDataPush = (path: string, topicList: string[]) =>
  node.services.dataPush.register({ caller: OPERATOR, app: APP, webhookUrl: receiver.url(path), topicList });

async function dataPushSubscription(): Promise<string> {
  await registerDataPush('/push', ['gs']);
  const row = await installation.knex('subscriptions').where({ interface: 'data-push' }).first('id');
  return row.id;
}

const addPortal = (more: { status?: 0 | 1 } = {}) =>
  node.services.portal.add({
    ...OF_USER,
    ...({ targetType: { number: 7 }, action: 'collection', targetId: 't', title: null, status: 1, enable: 1 } as const),
    ...more,
  });

async function portalSubscription(): Promise<string> {
  await node.services.apps.change(OPERATOR, PORTAL_APP, { callbackUrl: receiver.url('/portal') });
  await addPortal();
  const row = await installation.knex('subscriptions').where({ interface: 'portal', state: 'active' }).first('id');
  return row.id;
}

/** Each sets its scene, and gives the act and what it is about. */
const ACTS: Record<string, () => Promise<{ act: () => Promise<unknown>; about: Expected }>> = {
  async 'delete a subscription'() {
    const id = await subscribe();
    return { act: () => node.deleteSubscription(id), about: { subscription_id: id } };
  },
  async pause() {
    const id = await subscribe();
    return { act: () => node.pause(id), about: { subscription_id: id } };
  },
  async resume() {
    const id = await subscribe();
    await node.pause(id);
    return { act: () => node.resume(id), about: { subscription_id: id } };
  },
  async 'change a subscription'() {
    const id = await subscribe();
    const change = () => node.services.subscriptions.change({ id, scope: ANYWHERE }, { maxInFlight: 2 });
    return { act: change, about: { subscription_id: id } };
  },
  async 'rotate a secret'() {
    const id = await subscribe();
    const rotate = () => node.services.subscriptions.rotateSecret({ id, scope: ANYWHERE }, { overlapSeconds: 60 });
    return { act: rotate, about: { subscription_id: id } };
  },
  async 'cancel a delivery'() {
    const subscriptionId = await subscribe();
    const { id } = await pendingOf(subscriptionId);
    return { act: () => node.cancel(id), about: { subscription_id: subscriptionId } };
  },
  async 'stop a lane'() {
    const id = await ordered();
    return { act: async () => node.stopLane(await laneOf(id)), about: { subscription_id: id } };
  },
  async 'activate a lane'() {
    const id = await ordered();
    await node.stopLane(await laneOf(id));
    return { act: async () => node.activate([await laneOf(id)]), about: { subscription_id: id } };
  },
  async 're-push'() {
    const id = await ordered();
    await pendingOf(id);
    const act = async () => node.activate([await laneOf(id)], { since: new Date(0) });
    return { act, about: { subscription_id: id } };
  },
  async 'process the history of a lane'() {
    const id = await subscribe({ ordered: true, historyRequired: true });
    return { act: async () => node.processHistory([await laneOf(id)]), about: { subscription_id: id } };
  },
  async 'withdraw a grant'() {
    await node.services.grants.create(OPERATOR, APP, 'rival');
    const about = { tenant_id: APP.tenantId, app_id: APP.appId };
    return { act: () => node.services.grants.withdraw(OPERATOR, APP, 'rival'), about };
  },
  async 'register for data push again'() {
    const id = await dataPushSubscription();
    return { act: () => registerDataPush('/moved', ['hs']), about: { subscription_id: id } };
  },
  async 'modify a CMDB subscription'() {
    const { number, id } = await cmdbSubscription('modified');
    const input = cmdbInput('modified', ['hostdelete']) as never;
    return { act: () => node.services.cmdb.modify({ ...CMDB_PLACE, number, input }), about: { subscription_id: id } };
  },
  async 'unsubscribe from the CMDB'() {
    const { number, id } = await cmdbSubscription('removed');
    return { act: () => node.services.cmdb.unsubscribe({ ...CMDB_PLACE, number }), about: { subscription_id: id } };
  },
  async 'change a gateway registration'() {
    const id = await registerGateway('/gateway-a');
    const callbackUrl = receiver.url('/gateway');
    return {
      act: () => node.services.gateway.change({ caller: SUBSCRIBER, id, callbackUrl }),
      about: { subscription_id: id },
    };
  },
  async 'remove a gateway registration'() {
    const id = await registerGateway('/gateway-b');
    return { act: () => node.services.gateway.remove({ caller: SUBSCRIBER, id }), about: { subscription_id: id } };
  },
  async "change an app's callback"() {
    const id = await portalSubscription();
    const change = () => node.services.apps.change(OPERATOR, PORTAL_APP, { callbackUrl: receiver.url('/elsewhere') });
    return { act: change, about: { subscription_id: id } };
  },
  async "take an app's callback away"() {
    const id = await portalSubscription();
    const change = () => node.services.apps.change(OPERATOR, PORTAL_APP, { callbackUrl: null });
    return { act: change, about: { subscription_id: id } };
  },
  async 'opt out of a default portal subscription'() {
    const id = await portalSubscription();
    return { act: () => addPortal({ status: 0 }), about: { subscription_id: id } };
  },
  async 'change a portal subscription'() {
    const id = await portalSubscription();
    const { uuid } = await addPortal();
    const change = { ...OF_USER, uuid, targetType: {}, status: 0 } as const;
    return { act: () => node.services.portal.change(change), about: { subscription_id: id } };
  },
  async 'remove a portal subscription'() {
    const id = await portalSubscription();
    const { uuid } = await addPortal();
    return { act: () => node.services.portal.remove({ ...OF_USER, uuid }), about: { subscription_id: id } };
  },
  async 'change a default portal subscription'() {
    const id = await portalSubscription();
    const ofTenant = { caller: OPERATOR, bundle: 'system_subscription_list', tenantId: TENANT } as const;
    const { uuid } = await node.services.portal.add({
      ...ofTenant,
      ...{ targetType: { number: 7 }, action: 'collection', targetId: 'd', title: null, status: 1, enable: 1 },
    });
    const change = { ...ofTenant, uuid, targetType: {}, enable: 0 } as const;
    return { act: () => node.services.portal.change(change), about: { subscription_id: id } };
  },
  async "revoke a portal user's key"() {
    const subscriptionId = await portalSubscription();
    const made = await node.services.keys.create({
      ...{ caller: OPERATOR, ...PORTAL_APP, roles: ['subscriber'], subject: 'bob' },
    });
    return {
      act: () => node.services.keys.revoke({ caller: OPERATOR, id: made.id }),
      about: { subscription_id: subscriptionId },
    };
  },
};

test.each(Object.entries(ACTS))('%s leaves an entry in the log', async (_name, prepare) => {
  const { knex } = installation;
  const { act, about } = await prepare();
  const before = await knex('steerings').max('id as last').first();
  await act();
  const entries = await knex('steerings')
    .where('id', '>', before?.last ?? 0)
    .select('subscription_id', 'tenant_id', 'app_id');
  expect(entries).toEqual([{ subscription_id: null, tenant_id: null, app_id: null, ...about }]);
});

test('what is rolled back leaves none', async () => {
  const { knex } = installation;
  const id = await subscribe();
  await node.deleteSubscription(id);
  const count = async () => Number((await knex('steerings').count())[0]?.count);
  const before = await count();
  await expect(
    node.services.subscriptions.rotateSecret({ id, scope: ANYWHERE }, { overlapSeconds: 0 }),
  ).rejects.toMatchObject({ status: 404 });
  expect(await count()).toBe(before);
});
