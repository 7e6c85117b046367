import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { askAt, callOf } from './ask';

/** What is tried: an installation, and an address with a port that no caller may make it call. */
export interface Attempted {
  url: string;
  operatorKey: string;
}

interface Keys {
  tenantId: string;
  subscriber: string;
  producer: string;
}

const APP = 'app';
const LOOK_EVERY_MS = 100;
const ATTEMPTED_WITHIN_MS = 15_000;
/** A delivery's attempt tells its own subscriber why it was not made. */
const REFUSED_ATTEMPT = /may not be called/;

/** A way to make the product call `host:port`; what the caller is told. */
type Way = (target: { host: string; port: number }) => Promise<string>;

/**
 * Every way by which a subscriber can make the product call an address, and whether the target of each was refused.
 * A test call must tell the same as one to a port that nobody listens on.
 */
export async function waysOf({ url, operatorKey }: Attempted) {
  const keys = await makeKeys(url, operatorKey);
  const post = async (path: string, body: object): Promise<string> => {
    const { status, body: answer } = await askAt(url, callOf(keys.subscriber, 'POST', path, body));
    return `${status} ${JSON.stringify(answer)}`;
  };
  const test: Record<string, Way> = {
    telnet: ({ host, port }) => post('/api/v3/event/subscribe/telnet', { callback_url: `${host}:${port}/` }),
    ping: ({ host, port }) =>
      post('/api/v3/event/subscribe/ping', { callback_url: `${host}:${port}/`, data: { a: 1 } }),
    gateway: ({ host, port }) =>
      post('/gateway/callbacks', {
        eventTag: 'ding_create_event|FAILED_ACCOUNT_ID',
        callbackUrl: `http://${host}:${port}/`,
      }),
  };
  const register: Record<string, (callbackUrl: string, topic: string) => Promise<string>> = {
    native: (callbackUrl, topic) => post('/v1/subscriptions', { topics: [topic], callbackUrl }),
    'data push': (webhookUrl, topic) =>
      post('/topics/subscribe', { tenantId: keys.tenantId, appId: APP, webhookUrl, topicList: [topic] }),
    cmdb: (callbackUrl, topic) =>
      post(`/api/v3/event/subscribe/${keys.tenantId}/1`, {
        ...{ subscription_name: topic, system_name: 'faults', callback_url: callbackUrl, confirm_mode: 'httpstatus' },
        ...{ confirm_pattern: '200', subscription_form: topic, timeout: 5 },
      }),
  };
  return {
    /** What is told of it, in its words without numbers and ids, which differ by themselves. */
    async test(way: keyof typeof test, host: string, port: number): Promise<string> {
      return withoutNumbers((await test[way]?.({ host, port })) ?? '');
    },
    tests: Object.keys(test),
    /** @returns why a delivery was not refused, or null. */
    async deliver(way: keyof typeof register, host: string, port: number): Promise<string | null> {
      const topic = `reach-${randomBytes(4).toString('hex')}`;
      await askAt(url, callOf(operatorKey, 'PUT', `/v1/topics/${topic}`, { name: topic, historyRequired: false }));
      const told = (await register[way]?.(`http://${host}:${port}/`, topic)) ?? '';
      if (!/^20/.test(told) || told.includes('"result":false')) return null;
      const error = await attemptOf(url, keys, topic);
      return REFUSED_ATTEMPT.test(error) ? null : error;
    },
    deliveries: Object.keys(register),
  };
}

async function makeKeys(url: string, operatorKey: string): Promise<Keys> {
  const tenantId = `reach-${randomBytes(4).toString('hex')}`;
  const call = async (path: string, body: object) => {
    const { body: made } = await askAt<{ key: string }>(url, callOf(operatorKey, 'POST', path, body));
    return made.key;
  };
  await call('/v1/tenants', { id: tenantId, name: tenantId });
  await call('/v1/apps', { tenantId, id: APP, name: APP });
  return {
    tenantId,
    subscriber: await call('/v1/keys', { tenantId, appId: APP, roles: ['subscriber'] }),
    producer: await call('/v1/keys', { tenantId, roles: ['producer'] }),
  };
}

interface DeliveryAnswer {
  topic: string;
  attempts: { statusCode: number | null; error: string | null }[];
}

/** What the first attempt of an event to this topic met. */
async function attemptOf(url: string, { producer, subscriber }: Keys, topic: string): Promise<string> {
  const event = { event_source: 'faults', event_topic: topic, event_type: 'x', event_status: '1', changes: ['id1'] };
  await askAt(url, callOf(producer, 'POST', '/api/publish', event));
  const deadlineMs = performance.now() + ATTEMPTED_WITHIN_MS;
  while (performance.now() < deadlineMs) {
    const list = callOf(subscriber, 'GET', `/v1/deliveries?topic=${topic}`);
    const { body } = await askAt<{ data: { id: string }[] }>(url, list);
    for (const { id } of body.data) {
      const { body: delivery } = await askAt<DeliveryAnswer>(url, callOf(subscriber, 'GET', `/v1/deliveries/${id}`));
      const [attempt] = delivery.attempts;
      if (attempt) return attempt.error ?? `HTTP ${attempt.statusCode}`;
    }
    await sleep(LOOK_EVERY_MS);
  }
  return 'no attempt was made';
}

function withoutNumbers(told: string): string {
  return told.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID').replaceAll(/\d+/g, 'N');
}
