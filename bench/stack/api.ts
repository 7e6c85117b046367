import { randomBytes } from 'node:crypto';
import type { Stack } from './stack';

const CALL_TIMEOUT_MS = 15_000;

/** What the bench asks of the product besides publishing: through its public API, as an operator. */
export interface Api {
  url: string;
  /** Of a producer of the bench's own tenant. */
  producerKey: string;
  putTopic(topic: string): Promise<void>;
  /** With every default. Its id. */
  subscribe(subscription: { topic: string; callbackUrl: string }): Promise<string>;
  unsubscribe(subscriptionId: string): Promise<void>;
  /** At most 500. */
  countPending(subscriptionId: string): Promise<number>;
}

/** Makes a tenant, an app and a producer key of their own. */
export async function createApi({ url, operatorKey }: Stack): Promise<Api> {
  async function call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: operatorKey, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }

  const tenantId = `bench-${randomBytes(4).toString('hex')}`;
  const appId = 'bench';
  await call('POST', '/v1/tenants', { id: tenantId, name: 'Bench' });
  await call('POST', '/v1/apps', { tenantId, id: appId, name: 'Bench' });
  const { key } = await call<{ key: string }>('POST', '/v1/keys', { tenantId, roles: ['producer'] });

  return {
    url,
    producerKey: key,
    async putTopic(topic) {
      await call('PUT', `/v1/topics/${encodeURIComponent(topic)}`, { name: topic, historyRequired: false });
    },
    async subscribe({ topic, callbackUrl }) {
      const body = { tenantId, appId, callbackUrl, topics: [topic] };
      const { id } = await call<{ id: string }>('POST', '/v1/subscriptions', body);
      return id;
    },
    async unsubscribe(subscriptionId) {
      await call('DELETE', `/v1/subscriptions/${subscriptionId}`);
    },
    async countPending(subscriptionId) {
      const path = `/v1/deliveries?state=pending&subscriptionId=${subscriptionId}&limit=500`;
      const { data } = await call<{ data: unknown[] }>('GET', path);
      return data.length;
    },
  };
}
