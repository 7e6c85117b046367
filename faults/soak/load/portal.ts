import type { Tenant } from '../../driver/scene';
import type { Lab } from '../../lab';
import { type Repeated, repeat } from './repeat';

const TARGET_TYPE = 7;
const TARGET = 'soak';
const USERS = 20;
const PUBLISH_EVERY_MS = 2000;
const CALL_TIMEOUT_MS = 15_000;
const TRY_AGAIN_MS = 500;
const JSON_API = 'application/vnd.api+json';

export interface Portal extends Repeated {
  /** Events of which each is one delivery: the users fit on one page. */
  published(): number;
}

/**
 * Users of a portal who have subscribed to one target, and events for it. The journal's form has no place for a message
 * to many users: its callbacks are acknowledged and not written down, and what became of them is asked of PostgreSQL.
 */
export async function repeatPortal(lab: Lab, { tenantId, producerKey }: Tenant): Promise<Portal> {
  const { operator, stack } = lab;
  const app = { tenantId, id: 'portal', name: 'portal' };
  const callbackUrl = `http://127.0.0.1:${stack.callbacks.port}/portal`;
  await operator.call('PUT', `/v1/target-types/${TARGET_TYPE}`, { name: 'Soak' });
  await operator.call('POST', '/v1/apps', { ...app, callbackUrl });
  for (let user = 0; user < USERS; user++) {
    const body = { tenantId, appId: app.id, roles: ['subscriber'], subject: `user-${user}` };
    const { key } = await operator.call<{ key: string }>('POST', '/v1/keys', body);
    await subscribeUser(stack.apis[0]?.url ?? '', key);
  }
  let turn = 0;
  let published = 0;
  const repeated = repeat(
    async () => {
      const key = `portal-${published + 1}`;
      const urls = stack.apis.map(({ links }) => `http://127.0.0.1:${links.front.port}`);
      while (!(await publish(urls[turn++ % urls.length] ?? '', { producerKey, key }))) {
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
      }
      published++;
    },
    { pauseMs: PUBLISH_EVERY_MS },
  );
  return { ...repeated, published: () => published };
}

async function subscribeUser(url: string, key: string): Promise<void> {
  const attributes = { target_id: TARGET, action: 'update', target_type: TARGET_TYPE };
  const answer = await fetch(`${url}/portal/api/v2/subscription/subscription`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': JSON_API },
    body: JSON.stringify({ data: { type: 'subscription--subscription', attributes } }),
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  if (answer.status !== 201) throw new Error(`a portal user was answered ${answer.status}: ${await answer.text()}`);
}

/** Whether it was answered with 000. */
async function publish(url: string, { producerKey, key }: { producerKey: string; key: string }): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/api/publish`, {
      method: 'POST',
      headers: { authorization: producerKey, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({
        ...{ event_source: 'faults', event_topic: String(TARGET_TYPE), event_type: 'update', event_status: '1' },
        changes: [TARGET],
      }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    return (await answer.text()).includes('"000"');
  } catch {
    return false;
  }
}
