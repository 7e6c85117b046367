import { randomBytes } from 'node:crypto';
import { type Call, callAs } from './call';
import type { Stack } from './stack';

/** What the bench asks of the product besides publishing: through its public API, as an operator. */
export interface Api {
  url: string;
  operator: Call;
  /** Of a producer of the bench's own tenant. */
  producerKey: string;
  putTopic(entry: { topic: string; historyRequired?: boolean }): Promise<void>;
  /** With every default. Its id. */
  subscribe(subscription: { topics: string[]; callbackUrl: string }): Promise<string>;
  /** As data push registers: a push task for each topic. Its id. */
  subscribeInOrder(subscription: { topics: string[]; callbackUrl: string; historyRequired: boolean }): Promise<string>;
  unsubscribe(subscriptionId: string): Promise<void>;
  /** At most 500. */
  countPending(subscriptionId: string): Promise<number>;
  lanesOf(subscriptionId: string): Promise<Lane[]>;
  readLane(laneId: string): Promise<Lane>;
  processHistory(laneId: string): Promise<void>;
  activate(laneId: string): Promise<void>;
}

export interface Lane {
  id: string;
  subscriptionId: string;
  state: string;
  /** Pending deliveries behind it. */
  waiting: number;
}

interface LanePage {
  data: Lane[];
  nextCursor: string | null;
}

/** What data push gives its subscriptions. */
const PUSH_POLICY = { ordered: true, retry: 'push', maxInFlight: 100 };

/** Makes a tenant, an app and a producer key of their own. */
export async function createApi({ url, operatorKey }: Stack): Promise<Api> {
  const call = callAs(url, operatorKey);
  const tenantId = `bench-${randomBytes(4).toString('hex')}`;
  const appId = 'bench';
  await call('POST', '/v1/tenants', { id: tenantId, name: 'Bench' });
  await call('POST', '/v1/apps', { tenantId, id: appId, name: 'Bench' });
  const { key } = await call<{ key: string }>('POST', '/v1/keys', { tenantId, roles: ['producer'] });

  async function subscribe(subscription: object): Promise<string> {
    const { id } = await call<{ id: string }>('POST', '/v1/subscriptions', { tenantId, appId, ...subscription });
    return id;
  }

  return {
    url,
    operator: call,
    producerKey: key,
    async putTopic({ topic, historyRequired = false }) {
      await call('PUT', `/v1/topics/${encodeURIComponent(topic)}`, { name: topic, historyRequired });
    },
    subscribe,
    subscribeInOrder: (subscription) => subscribe({ ...subscription, ...PUSH_POLICY }),
    async unsubscribe(subscriptionId) {
      await call('DELETE', `/v1/subscriptions/${subscriptionId}`);
    },
    async countPending(subscriptionId) {
      const path = `/v1/deliveries?state=pending&subscriptionId=${subscriptionId}&limit=500`;
      const { data } = await call<{ data: unknown[] }>('GET', path);
      return data.length;
    },
    async lanesOf(subscriptionId) {
      const lanes: Lane[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page: LanePage = await call('GET', `/v1/lanes?limit=500${from}`);
        lanes.push(...page.data.filter((lane) => lane.subscriptionId === subscriptionId));
        cursor = page.nextCursor;
      }
      return lanes;
    },
    readLane: (laneId) => call('GET', `/v1/lanes/${laneId}`),
    async processHistory(laneId) {
      await call('POST', `/v1/lanes/${laneId}/historyProcessed`);
    },
    async activate(laneId) {
      await call('POST', `/v1/lanes/${laneId}/activate`);
    },
  };
}
