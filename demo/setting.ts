import type { Api } from './api';
import { DemoError } from './options';

export const TENANT = 'github-demo';
const APP = 'demo';

/** What the demo needs in an installation. Tenant, app and topics stay; the rest goes when it ends. */
export interface Setting {
  tenantId: string;
  producer: Api;
  subscriptionId: string;
  secret: string;
  /** Deletes the subscription and revokes the keys. */
  clear(): Promise<void>;
}

/** @param retry waits in seconds. */
export async function makeSetting(
  operator: Api,
  { topics, callbackUrl, retry }: { topics: string[]; callbackUrl: string; retry: number[] },
): Promise<Setting> {
  const app = { tenantId: TENANT, appId: APP };
  await operator.call('POST', '/v1/tenants', { body: { id: TENANT, name: 'GitHub demo' }, allow: [409] });
  await operator.call('POST', '/v1/apps', { body: { tenantId: TENANT, id: APP, name: 'Demo receiver' }, allow: [409] });
  for (const topic of topics) {
    const path = `/v1/topics/${encodeURIComponent(topic)}`;
    await operator.call('PUT', path, { body: { name: topic, historyRequired: false } });
  }
  const producerKey = await makeKey(operator, { tenantId: TENANT, roles: ['producer'] });
  const subscriberKey = await makeKey(operator, { ...app, roles: ['subscriber'] });
  const subscriber = operator.with(subscriberKey.key);

  await deleteLeftovers(subscriber);
  const id = await subscribe(subscriber, { callbackUrl, topics, retry, description: 'npm run demo' });
  const { secret } = await subscriber.call<{ secret: string }>('GET', `/v1/subscriptions/${id}/secret`);
  return {
    tenantId: TENANT,
    producer: operator.with(producerKey.key),
    subscriptionId: id,
    secret,
    async clear() {
      await operator.call('DELETE', `/v1/subscriptions/${id}`);
      for (const key of [producerKey, subscriberKey]) await operator.call('DELETE', `/v1/keys/${key.id}`);
    },
  };
}

export function makeKey(operator: Api, body: object): Promise<{ id: string; key: string }> {
  return operator.call('POST', '/v1/keys', { body });
}

async function subscribe(subscriber: Api, body: { callbackUrl: string } & Record<string, unknown>): Promise<string> {
  try {
    const { id } = await subscriber.call<{ id: string }>('POST', '/v1/subscriptions', { body });
    return id;
  } catch (error) {
    if (!(error instanceof DemoError && /may not be called/.test(error.message))) throw error;
    throw new DemoError(
      `${error.message}. The demo's receiver is on this machine: start Postrider with EGRESS_ALLOW=127.0.0.0/8, which ` +
        'is how it starts when PostgreSQL and Temporal are embedded.',
    );
  }
}

/** Of a run that was cut short: its receiver is gone, and would be tried for hours. */
async function deleteLeftovers(subscriber: Api): Promise<void> {
  const { data } = await subscriber.call<{ data: { id: string }[] }>('GET', '/v1/subscriptions?limit=500');
  for (const { id } of data) await subscriber.call('DELETE', `/v1/subscriptions/${id}`);
}
