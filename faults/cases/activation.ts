import { waitFor } from '../../src/embedded/processes';
import { makeTenant, putTopic, registerPush } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';

const TASKS = { short: 100, full: 1000 };
const EVENTS_EACH = 2;
const STOPPED_WITHIN_MS = 600_000;

export const activation: FaultCase = {
  name: 'activated-at-once',
  what: 'stopped push tasks, many, are all activated at once, three times over',
  limits: { maxRepeats: 0, maxUncertain: 0 },
  quietWithinMs: 600_000,
  isLong: true,
  async run(lab) {
    const { producer, receiver, operator, journal, short } = lab;
    const topics = Array.from({ length: short ? TASKS.short : TASKS.full }, (_, index) => `${journal.name}-${index}`);
    await eachOf(topics, (topic) => putTopic(lab, topic));
    const tenant = await makeTenant(lab);
    const { path } = await registerPush(lab, tenant, { name: 'push', topics });
    // 410 stops a push task at its first callback.
    receiver.on(path, () => ({ status: 410 }));
    const targets = topics.map((topic) => ({ ...tenant, topic }));
    await producer.publishMany(targets, EVENTS_EACH * topics.length);
    await waitUntilStopped(lab, topics.length);
    receiver.acknowledgeAll();
    const { tenantId, appId } = tenant;
    const activate = () => operator.call('POST', '/topics/activate', { tenantId, appId });
    await Promise.all([activate(), activate(), activate()]);
  },
};

async function waitUntilStopped({ stack, tenantIds }: Lab, count: number): Promise<void> {
  let stopped = 0;
  const areStopped = async () => {
    const [row] = await stack.postgres.query<{ count: string }>(
      `SELECT count(*) FROM lanes l JOIN subscriptions s ON s.id = l.subscription_id
       WHERE l.state = 'stopped' AND s.tenant_id = ANY($1)`,
      [tenantIds],
    );
    stopped = Number(row?.count);
    return stopped === count;
  };
  if (await waitFor({ condition: areStopped, timeoutMs: STOPPED_WITHIN_MS, intervalMs: 200 })) return;
  throw new Error(`${stopped} of ${count} push tasks have stopped`);
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: 10 }, worker));
}
