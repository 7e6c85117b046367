import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../driver/producer';
import { makeSubscriberKey, makeTenant, putTopic, subscribe, type Tenant } from '../driver/scene';
import type { Lab } from '../lab';
import { subscribeCmdb } from './cmdb';

const LOOK_EVERY_MS = 200;
const SHOWN_ATTEMPTS = 5;

/** A tenant that only does what it did yesterday: one producer and one subscription. */
export interface Victim extends Tenant {
  target: Target;
  subscriptionId: string;
  path: string;
  subscriberKey: string;
  /** Whatever was not as it should be since the victim was made is reported. */
  judge(): Promise<void>;
}

/** @param more settings of its subscription. */
export async function makeVictim(lab: Lab, more: { [field: string]: unknown } = {}): Promise<Victim> {
  const topic = `${lab.journal.name}-victim`;
  await putTopic(lab, topic);
  const tenant = await makeTenant(lab);
  const callbackUrl = lab.receiver.urlOf(`/${lab.journal.name}/victim`);
  const settings = { timeoutMs: 5000, callbackUrl, ...more };
  const { id, path } = await subscribe(lab, tenant, { name: 'victim', topics: [topic], ...settings });
  const subscriberKey = await makeSubscriberKey(lab, tenant);
  return watched(lab, tenant, { subscriberKey, topic, subscriptionId: id, path });
}

/** The same over the CMDB's interface: its receiver's answer must match the pattern. */
export async function makeCmdbVictim(
  lab: Lab,
  { pattern, answer }: { pattern: string; answer: string },
): Promise<Victim> {
  const topic = `${lab.journal.name}-victim`;
  const path = `/${lab.journal.name}/victim`;
  const tenant = await makeTenant(lab);
  const subscriberKey = await makeSubscriberKey(lab, tenant);
  lab.receiver.on(path, () => ({ body: answer }));
  const settings = { name: 'victim', callbackUrl: lab.receiver.urlOf(path), pattern, form: topic };
  const { id } = await subscribeCmdb(lab, { ...tenant, subscriberKey }, settings);
  const { tenantId } = tenant;
  await lab.journal.append({ kind: 'subscription', path, tenantId, topics: [topic], ordered: false, held: false });
  return watched(lab, tenant, { subscriberKey, topic, subscriptionId: id, path });
}

function watched(
  lab: Lab,
  tenant: Tenant,
  { topic, ...made }: Pick<Victim, 'subscriberKey' | 'subscriptionId' | 'path'> & { topic: string },
): Victim {
  return { ...tenant, ...made, target: { ...tenant, topic }, judge: watch(lab, tenant) };
}

/** Looks for sickness while the case runs, and for attempts that failed when it is over: its receiver acknowledges all. */
export function watch(lab: Lab, { tenantId }: Tenant): () => Promise<void> {
  let isOver = false;
  const sick = new Set<string>();
  const looking = (async () => {
    while (!isOver) {
      for (const id of await sickLanes(lab, tenantId)) sick.add(id);
      await sleep(LOOK_EVERY_MS);
    }
  })();
  return async () => {
    isOver = true;
    await looking;
    for (const id of sick) lab.report(`sick: the receiver of the victim's subscription ${id} was taken for absent`);
    await reportFailedAttempts(lab, tenantId);
  };
}

async function sickLanes({ stack }: Lab, tenantId: string): Promise<string[]> {
  const rows = await stack.postgres.query<{ id: string }>(
    `SELECT s.id FROM lanes l JOIN subscriptions s ON s.id = l.subscription_id
     WHERE s.tenant_id = $1 AND l.state = 'sick'`,
    [tenantId],
  );
  return rows.map(({ id }) => id);
}

async function reportFailedAttempts({ stack, report, figure }: Lab, tenantId: string): Promise<void> {
  const failed = await stack.postgres.query<{ error: string; count: string }>(
    `SELECT coalesce(a.error, 'HTTP ' || a.status_code) AS error, count(*) AS count
     FROM attempts a JOIN deliveries d ON d.id = a.delivery_id AND d.day = a.day
     WHERE d.tenant_id = $1 AND (a.error IS NOT NULL OR a.status_code NOT BETWEEN 200 AND 299)
     GROUP BY 1 ORDER BY 2 DESC LIMIT ${SHOWN_ATTEMPTS}`,
    [tenantId],
  );
  const total = failed.reduce((sum, { count }) => sum + Number(count), 0);
  figure(`victim attempts that failed: ${total} (limit 0)`);
  for (const { error, count } of failed) report(`failed: ${count} of the victim's attempts, with "${error}"`);
}
