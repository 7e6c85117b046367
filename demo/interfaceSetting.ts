import type { Api } from './api';
import type { DemoReceiver } from './receiver';
import { makeKey, TENANT } from './setting';

const APP = 'demo-ways-in';
const READERS = ['ada', 'grace'];
const COLUMN = 'releases';
/** Of the catalogue; the demo's own. */
const TARGET_TYPE = 9999;
const [TAG_TOPIC, TAG_TYPE] = ['MOZI_BUC_ACCOUNT_MODIFY_REALM', 'frozen'];
const FROZEN = { Namespace: 'local', AccountType: 1, Account: 'ada', RealmId: 1, AccountId: 17, EmployeeCode: 'E17' };
const BUSINESS = 2;
const CMDB = `/api/v3/event/subscribe/${TENANT}/${BUSINESS}`;

/** A subscription of each of three interfaces. Tenant, app and target type stay; the rest goes when it ends. */
export interface InterfaceSetting {
  /** One event for each of them. */
  publishes: (() => Promise<void>)[];
  /** Deletes the subscriptions and revokes the keys. */
  clear(): Promise<void>;
}

interface Named {
  id: string;
  key: string;
}

/** The tenant is there already. */
export async function makeInterfaceSetting(
  operator: Api,
  receivers: Record<'cmdb' | 'gateway' | 'portal', DemoReceiver>,
): Promise<InterfaceSetting> {
  const app = { tenantId: TENANT, appId: APP };
  await operator.call('POST', '/v1/apps', { body: { tenantId: TENANT, id: APP, name: 'Ways in' }, allow: [409] });
  // The portal's messages go to the app's callback.
  await operator.call('PATCH', `/v1/apps/${TENANT}/${APP}`, { body: { callbackUrl: receivers.portal.url } });
  await operator.call('PUT', `/v1/target-types/${TARGET_TYPE}`, { body: { name: 'Demo columns' }, allow: [409] });
  const producerKey = await makeKey(operator, { tenantId: TENANT, roles: ['producer'] });
  const subscriberKey = await makeKey(operator, { ...app, roles: ['subscriber'] });
  const userKeys: Named[] = [];
  for (const subject of READERS) userKeys.push(await makeKey(operator, { ...app, roles: ['subscriber'], subject }));
  const producer = operator.with(producerKey.key);
  const subscriber = operator.with(subscriberKey.key);

  const ends: (() => Promise<unknown>)[] = [];
  await deleteLeftovers(subscriber);
  const cmdb = await subscriber.call<{ data: { subscription_id: number } }>('POST', CMDB, {
    body: {
      ...{ subscription_name: 'demo', system_name: 'Demo', callback_url: receivers.cmdb.url },
      ...{ confirm_mode: 'httpstatus', confirm_pattern: '200', subscription_form: 'hostcreate', timeout: 10 },
    },
  });
  ends.push(() => subscriber.call('DELETE', `${CMDB}/${cmdb.data.subscription_id}`, { body: {} }));
  const gateway = await subscriber.call<{ data: [{ id: string }] }>('POST', '/gateway/callbacks', {
    body: { eventTag: `${TAG_TOPIC}|${TAG_TYPE}`, callbackUrl: receivers.gateway.url },
  });
  ends.push(() => subscriber.call('DELETE', `/gateway/callbacks/${gateway.data[0].id}`));
  for (const { key } of userKeys) {
    const { data } = await subscribeReader(operator.with(key));
    ends.push(() => operator.with(key).call('DELETE', `/portal/api/v2/subscription/subscription/${data.id}`));
  }
  ends.push(() => operator.call('PATCH', `/v1/apps/${TENANT}/${APP}`, { body: { callbackUrl: null } }));
  await trust(subscriber, receivers);

  const publish = (topic: string, type: string, change: unknown) => async () => {
    await producer.call('POST', '/api/publish', {
      body: { event_source: 'demo', event_topic: topic, event_type: type, event_status: 'none', changes: [change] },
    });
  };
  return {
    publishes: [
      publish('host', 'create', { bk_host_innerip: '10.0.0.1' }),
      publish(TAG_TOPIC, TAG_TYPE, FROZEN),
      publish(String(TARGET_TYPE), 'update', COLUMN),
    ],
    async clear() {
      for (const end of ends) await end();
      for (const { id } of [producerKey, subscriberKey, ...userKeys]) await operator.call('DELETE', `/v1/keys/${id}`);
    },
  };
}

/** Of a run that was cut short: the CMDB takes a name once. */
async function deleteLeftovers(subscriber: Api): Promise<void> {
  const path = `/api/v3/event/subscribe/search/${TENANT}/${BUSINESS}`;
  const { data } = await subscriber.call<{ data: { subscription_id: number }[] }>('POST', path, { body: {} });
  for (const { subscription_id: id } of data) await subscriber.call('DELETE', `${CMDB}/${id}`, { body: {} });
}

function subscribeReader(user: Api): Promise<{ data: { id: string } }> {
  const attributes = { title: 'Releases', target_id: COLUMN, action: 'update', target_type: TARGET_TYPE, status: 1 };
  return user.call('POST', '/portal/api/v2/subscription/subscription', {
    body: { data: { type: 'subscription--subscription', attributes } },
    mediaType: 'application/vnd.api+json',
  });
}

/** Each receiver verifies with the secret of what calls it. */
async function trust(subscriber: Api, receivers: Record<'cmdb' | 'gateway' | 'portal', DemoReceiver>): Promise<void> {
  const { data } = await subscriber.call<{ data: { id: string; callbackUrl: string }[] }>('GET', '/v1/subscriptions');
  for (const { id, callbackUrl } of data) {
    const { secret } = await subscriber.call<{ secret: string }>('GET', `/v1/subscriptions/${id}/secret`);
    Object.values(receivers)
      .find(({ url }) => url === callbackUrl)
      ?.trust(secret);
  }
}
