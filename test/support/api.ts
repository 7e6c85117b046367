import { randomBytes } from 'node:crypto';

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  body: any;
}

/** Who calls which Postrider. */
export interface Caller {
  url: string;
  key: string;
}

/** One call with JSON in and out; the test looks at the status. */
export async function call(
  { url, key }: Caller,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** A call that must succeed: its body. @throws with the answer otherwise. */
export async function must(...args: Parameters<typeof call>): Promise<Answer['body']> {
  const { status, body } = await call(...args);
  if (status >= 400) throw new Error(`${args[1]} ${args[2]}: ${status} ${JSON.stringify(body)}`);
  return body;
}

export interface Account {
  tenantId: string;
  appId: string;
  topic: string;
  /** May publish for the tenant. */
  producer: Caller;
  /** Has what belongs to the app. */
  subscriber: Caller;
  operator: Caller;
}

/** A tenant with an app, a key of each kind, and a topic of the catalogue, all of names nobody else has. */
export async function makeAccount({ url, operatorKey }: { url: string; operatorKey: string }): Promise<Account> {
  const operator = { url, key: operatorKey };
  const tenantId = `tenant-${randomBytes(4).toString('hex')}`;
  const appId = 'app';
  const topic = `topic-${tenantId}`;
  await must(operator, 'POST', '/v1/tenants', { id: tenantId, name: tenantId });
  await must(operator, 'POST', '/v1/apps', { tenantId, id: appId, name: appId });
  await must(operator, 'PUT', `/v1/topics/${topic}`, { name: topic, historyRequired: false });
  const producer = await must(operator, 'POST', '/v1/keys', { tenantId, roles: ['producer'] });
  const subscriber = await must(operator, 'POST', '/v1/keys', { tenantId, appId, roles: ['subscriber'] });
  return {
    tenantId,
    appId,
    topic,
    operator,
    producer: { url, key: producer.key },
    subscriber: { url, key: subscriber.key },
  };
}

/** A native subscription of the account's app to its topic; anything of the body can be given. */
export function makeSubscription(
  account: Account,
  body: { callbackUrl: string } & Record<string, unknown>,
): Promise<{ id: string } & Record<string, unknown>> {
  return must(account.subscriber, 'POST', '/v1/subscriptions', { topics: [account.topic], ...body });
}

/** Publishes an event of the account's topic. @returns the event's id. */
export async function publish(account: Account, more: Record<string, unknown> = {}): Promise<string> {
  const { request_id } = await must(account.producer, 'POST', '/api/publish', {
    event_source: 'test',
    event_topic: account.topic,
    event_type: 'changed',
    event_status: '1',
    changes: ['id1'],
    ...more,
  });
  return request_id;
}

/** All deliveries that the account sees, newest first. */
export async function listDeliveries(account: Account, query: Record<string, string> = {}): Promise<Answer['body'][]> {
  const deliveries = [];
  let cursor: string | null = null;
  do {
    const parameters = new URLSearchParams({ limit: '500', ...query, ...(cursor && { cursor }) });
    const page = await must(account.subscriber, 'GET', `/v1/deliveries?${parameters}`);
    deliveries.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor);
  return deliveries;
}
