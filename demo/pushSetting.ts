import type { Api } from './api';
import { DemoError } from './options';
import { makeKey, TENANT } from './setting';
import { waitUntil } from './waitUntil';

const APP = 'demo-mirror';
const TOPIC = 'demo-products';
/** Nothing is published for it: who registers for it alone has dropped everything else. */
const NO_TOPIC = 'demo-nothing';

export interface PushTask {
  topic: string;
  state: string;
  reason: string | null;
  waiting: number;
  workflowId: string;
}

/** One data-push registration. Tenant, app, topics and the registration stay; what it is registered for goes at the end. */
export interface PushSetting {
  topic: string;
  secret: string;
  historyStatus: boolean;
  /** What has happened to the product. */
  publish(status: string): Promise<void>;
  processHistory(): Promise<void>;
  activate(): Promise<void>;
  readTask(): Promise<PushTask>;
  /** @throws DemoError when it is not so within a minute. */
  waitForTask(state: string): Promise<PushTask>;
  /** Drops the topic and revokes the keys. */
  clear(): Promise<void>;
}

/** The tenant is there already. */
export async function makePushSetting(operator: Api, { webhookUrl }: { webhookUrl: string }): Promise<PushSetting> {
  const app = { tenantId: TENANT, appId: APP };
  await operator.call('POST', '/v1/apps', { body: { tenantId: TENANT, id: APP, name: 'Demo mirror' }, allow: [409] });
  for (const topic of [TOPIC, NO_TOPIC]) {
    await operator.call('PUT', `/v1/topics/${topic}`, { body: { name: topic, historyRequired: true } });
  }
  const producerKey = await makeKey(operator, { tenantId: TENANT, roles: ['producer'] });
  const subscriberKey = await makeKey(operator, { ...app, roles: ['subscriber'] });
  const producer = operator.with(producerKey.key);
  const subscriber = operator.with(subscriberKey.key);

  const register = (topic: string) =>
    subscriber.call<{ topicHistoryStatusList: { historyStatus: boolean }[] }>('POST', '/topics/subscribe', {
      body: { ...app, webhookUrl, topicList: [topic] },
    });
  // A topic that was dropped and comes back starts over: so every run of the demo is the first.
  await register(NO_TOPIC);
  const { topicHistoryStatusList } = await register(TOPIC);
  const { data } = await subscriber.call<{ data: [{ id: string }] }>('GET', '/v1/subscriptions');
  const { secret } = await subscriber.call<{ secret: string }>('GET', `/v1/subscriptions/${data[0].id}/secret`);

  async function readTask(): Promise<PushTask> {
    const lanes = await subscriber.call<{ data: PushTask[] }>('GET', '/v1/lanes');
    const task = lanes.data.find(({ topic }) => topic === TOPIC);
    if (!task) throw new DemoError(`${TOPIC} has no push task`);
    return task;
  }

  return {
    topic: TOPIC,
    secret,
    historyStatus: topicHistoryStatusList[0]?.historyStatus === true,
    async publish(status) {
      const event = { event_source: 'shop', event_topic: TOPIC, event_type: 'product', event_status: status };
      await producer.call('POST', '/api/publish', {
        body: { ...event, event_key: 'product-17', changes: [{ status }] },
      });
    },
    async processHistory() {
      await subscriber.call('POST', '/topics/historyProcessed', { body: { ...app, topicList: [TOPIC] } });
    },
    async activate() {
      await subscriber.call('POST', '/topics/activate', { body: { topicList: [TOPIC] } });
    },
    readTask,
    async waitForTask(state) {
      let task = await readTask();
      await waitUntil(async () => {
        task = await readTask();
        return task.state === state;
      });
      if (task.state !== state) throw new DemoError(`the push task is ${task.state} after a minute, not ${state}`);
      return task;
    },
    async clear() {
      await register(NO_TOPIC);
      for (const key of [producerKey, subscriberKey]) await operator.call('DELETE', `/v1/keys/${key.id}`);
    },
  };
}
