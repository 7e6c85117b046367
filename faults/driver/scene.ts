import { randomBytes } from 'node:crypto';
import type { Lab } from '../lab';
import type { Target } from './producer';

export interface Tenant {
  tenantId: string;
  appId: string;
  producerKey: string;
}

/**
 * A tenant with an app and a producer, of a name nobody else has.
 *
 * @param isJudged when all is quiet nothing of it may be unfinished. An attacker's may.
 */
export async function makeTenant({ operator, tenantIds }: Lab, { isJudged = true } = {}): Promise<Tenant> {
  const tenantId = `faults-${randomBytes(4).toString('hex')}`;
  const appId = 'app';
  await operator.call('POST', '/v1/tenants', { id: tenantId, name: tenantId });
  await operator.call('POST', '/v1/apps', { tenantId, id: appId, name: appId });
  const { key } = await operator.call<{ key: string }>('POST', '/v1/keys', { tenantId, roles: ['producer'] });
  if (isJudged) tenantIds.push(tenantId);
  return { tenantId, appId, producerKey: key };
}

export async function makeSubscriberKey({ operator }: Lab, { tenantId, appId }: Tenant): Promise<string> {
  const { key } = await operator.call<{ key: string }>('POST', '/v1/keys', { tenantId, appId, roles: ['subscriber'] });
  return key;
}

export async function putTopic({ operator }: Lab, topic: string, { historyRequired = false } = {}): Promise<void> {
  await operator.call('PUT', `/v1/topics/${topic}`, { name: topic, historyRequired });
}

/** A native subscription, its callbacks at `/<case>/<name>`; anything of the body can be given. @returns its id. */
export async function subscribe(
  { operator, journal, stack }: Lab,
  { tenantId, appId }: Tenant,
  { name, topics, ...more }: { name: string; topics: string[]; [field: string]: unknown },
): Promise<{ id: string; path: string }> {
  const path = `/${journal.name}/${name}`;
  const { id } = await operator.call<{ id: string }>('POST', '/v1/subscriptions', {
    tenantId,
    appId,
    topics,
    callbackUrl: `http://127.0.0.1:${stack.callbacks.port}${path}`,
    ...more,
  });
  await journal.append({ kind: 'subscription', path, tenantId, topics, ordered: more.ordered === true, held: false });
  return { id, path };
}

/** The app's data push registration: a push task for each topic. `held`: its topics want their history processed. */
export async function registerPush(
  { operator, journal, stack }: Lab,
  { tenantId, appId }: Tenant,
  { name, topics, held = false }: { name: string; topics: string[]; held?: boolean },
): Promise<{ path: string }> {
  const path = `/${journal.name}/${name}`;
  const webhookUrl = `http://127.0.0.1:${stack.callbacks.port}${path}`;
  await operator.call('POST', '/topics/subscribe', { tenantId, appId, webhookUrl, topicList: topics });
  await journal.append({ kind: 'subscription', path, tenantId, topics, ordered: true, held });
  return { path };
}

export interface Scene {
  tenant: Tenant;
  /** Every subscription of the scene gets what is published here, the stranger excepted. */
  target: Target;
  /** Of both tenants. */
  targets: Target[];
  plainPath: string;
  pushPath: string;
}

/**
 * Two tenants and one topic. The first tenant has a native subscription and a push task of it, the second a native
 * subscription that must see its own events only.
 *
 * @param retry of the native subscriptions: short waits, so that a failed attempt is repeated soon, and many of them.
 * @param name tells the paths of its callbacks from those of another scene of the case.
 */
export async function makeScene(
  lab: Lab,
  {
    retry = Array(50).fill(2),
    timeoutMs = 5000,
    name = '',
  }: { retry?: unknown; timeoutMs?: number; name?: string } = {},
): Promise<Scene> {
  const topic = `${lab.journal.name}-${randomBytes(3).toString('hex')}`;
  await putTopic(lab, topic);
  const [tenant, other] = [await makeTenant(lab), await makeTenant(lab)];
  const plain = { topics: [topic], retry, timeoutMs };
  const { path: plainPath } = await subscribe(lab, tenant, { name: `${name}plain`, ...plain });
  await subscribe(lab, other, { name: `${name}other`, ...plain });
  const { path: pushPath } = await registerPush(lab, tenant, { name: `${name}push`, topics: [topic] });
  const target = { ...tenant, topic };
  return { tenant, target, targets: [target, target, { ...other, topic }], plainPath, pushPath };
}
