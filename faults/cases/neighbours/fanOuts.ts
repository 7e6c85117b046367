import { randomUUID } from 'node:crypto';
import { insertDeliveries, makeMany, subscribeAttacker } from '../../neighbours/subscriptions';
import { besideAttack } from './forms';

/** Of the attacker's receivers: ten callbacks at once, which the portal's one subscription has, are some twenty a second. */
const SLOW_MS = 500;

const TARGETS = 12_000;
const TARGET_TYPE = 7;
const ACTION = 'update';

export const portalTargets = besideAttack({
  name: 'beside-portal-targets',
  leavesMuch: true,
  what: 'one publish after the other, each naming 12,000 targets that a portal user has subscribed to',
  async attack(lab, attacker) {
    const { tenantId, appId } = attacker;
    const callbackUrl = await attacker.receives({ delayMs: SLOW_MS });
    await lab.operator.call('PATCH', `/v1/apps/${tenantId}/${appId}`, { callbackUrl });
    await lab.operator.call('PUT', `/v1/target-types/${TARGET_TYPE}`, { name: 'Faults' });
    const user = { tenantId, appId, roles: ['subscriber'], subject: 'user' };
    const { key } = await lab.operator.call<{ key: string }>('POST', '/v1/keys', user);
    await addFirst(lab.stack.apis[0]?.url ?? '', key);
    await lab.stack.postgres.query(
      `INSERT INTO portal_subscriptions (tenant_id, uuid, app_id, subject, target_type, action, target_id, status)
       SELECT $1, $2 || '-' || n, $3, 'user', $4, $5, n::text, 1 FROM generate_series(1, $6::integer) AS n`,
      [tenantId, randomUUID().slice(0, 8), appId, TARGET_TYPE, ACTION, TARGETS],
    );
    const changes = Array.from({ length: TARGETS }, (_, index) => String(index + 1));
    const calls = [attacker.publishOf({ topic: String(TARGET_TYPE), type: ACTION, changes })];
    return { begin: attacker.floods(lab, { calls, atOnce: 1 }) };
  },
});

/** The user's first subscription, over the API: it makes the one that the app's messages go through. */
async function addFirst(url: string, key: string): Promise<void> {
  const attributes = { target_id: 'first', action: ACTION, target_type: TARGET_TYPE };
  const response = await fetch(`${url}/portal/api/v2/subscription/subscription`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/vnd.api+json' },
    body: JSON.stringify({ data: { type: 'subscription--subscription', attributes } }),
  });
  if (response.status !== 201) throw new Error(`adding a portal subscription answered ${response.status}`);
}

const SUBSCRIPTIONS = 2000;

export const manySubscriptions = besideAttack({
  name: 'beside-many-subscriptions',
  leavesMuch: true,
  what: 'one publish after the other of a tenant with 2,000 subscriptions of its topic',
  async attack(lab, attacker) {
    const callbackUrl = await attacker.receives({ delayMs: SLOW_MS });
    const { topic } = attacker;
    await makeMany(SUBSCRIPTIONS, () => subscribeAttacker(lab, attacker, { topic, callbackUrl }));
    const calls = [attacker.publishOf({ topic })];
    return { begin: attacker.floods(lab, { calls, atOnce: 1 }) };
  },
});

const PENDING = { short: 200_000, full: 1_000_000 };
const PUBLISHES = { atOnce: 4, perSecond: 4 };

export const deletedBacklog = besideAttack({
  name: 'beside-deleted-backlog',
  leavesMuch: true,
  what: 'a subscription with a million pending deliveries is deleted while its events come in',
  async attack(lab, attacker) {
    const callbackUrl = await attacker.receives({});
    const { topic } = attacker;
    const publishes = attacker.floods(lab, { calls: [attacker.publishOf({ topic })], ...PUBLISHES });
    const prepare = async () => {
      const subscription = await subscribeAttacker(lab, attacker, { topic, callbackUrl });
      await lab.operator.call('POST', `/v1/subscriptions/${subscription.id}/pause`);
      const count = lab.short ? PENDING.short : PENDING.full;
      await insertDeliveries(lab, attacker, { ...subscription, count, state: 'pending' });
      return subscription.id;
    };
    // Beforehand: writing them is not what is measured.
    const ids = [await prepare(), await prepare()];
    const begin = async () => {
      const id = ids.pop();
      const end = await publishes();
      const deleting = lab.operator.call('DELETE', `/v1/subscriptions/${id}`);
      return async () => {
        await deleting;
        await end();
      };
    };
    return { begin, count: ids.length };
  },
});
