import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../src/embedded/processes';
import type { Target } from '../driver/producer';
import { makeTenant, putTopic, registerPush, type Tenant } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';

const HELD = { short: 2000, full: 10_000 };
const HELD_BEFORE = 20;
const HELD_FOR_MS = 1000;
const RACES = { short: 4, full: 15 };
/** Acknowledged and not written, that under way included: outcomes are recorded at least every 100. */
const MAX_REPEATS = 101;
const HALFWAY_WITHIN_MS = 600_000;

export const historyRaced: FaultCase = {
  name: 'history-raced',
  what: 'historyProcessed is called in the midst of publishes, from both APIs at once',
  limits: { maxRepeats: 0, maxUncertain: 0 },
  async run(lab) {
    const { producer, random, short } = lab;
    for (let race = 0; race < (short ? RACES.short : RACES.full); race++) {
      const { tenant, target, path } = await makeHeld(lab, `race-${race}`);
      // Long enough for what is not held to arrive.
      await producer.publishMany(target, HELD_BEFORE);
      await sleep(HELD_FOR_MS);
      const publishing = producer.publishMany(target, random.between(50, 300));
      await sleep(random.between(0, 300));
      await Promise.all([release(lab, tenant, target, path), release(lab, tenant, target, path)]);
      await publishing;
    }
  },
};

export const historyKilled: FaultCase = {
  name: 'history-killed',
  what: 'everything is killed halfway through the release of thousands of held events: APIs, workers, PostgreSQL, Temporal',
  limits: { maxRepeats: MAX_REPEATS },
  isLong: true,
  async run(lab) {
    const { producer, receiver, stack, short } = lab;
    const held = short ? HELD.short : HELD.full;
    const { tenant, target, path } = await makeHeld(lab, 'push');
    await producer.publishMany(target, held);
    await release(lab, tenant, target, path);
    const isHalfway = async () => receiver.count(path) >= held / 2;
    const came = await waitFor({ condition: isHalfway, timeoutMs: HALFWAY_WITHIN_MS, intervalMs: 5 });
    if (!came) throw new Error(`only ${receiver.count(path)} of ${held} were pushed`);
    const heal = await lab.beginFault('everything killed', { stopsCallers: true });
    const { processes, postgres, temporal } = stack;
    await Promise.all([...processes.map((one) => one.kill9()), postgres.kill9(), temporal.own?.kill9()]);
    await stack.restore();
    await heal();
  },
};

async function makeHeld(lab: Lab, name: string): Promise<{ tenant: Tenant; target: Target; path: string }> {
  const topic = `${lab.journal.name}-${name}`;
  await putTopic(lab, topic, { historyRequired: true });
  const tenant = await makeTenant(lab);
  const { path } = await registerPush(lab, tenant, { name, topics: [topic], held: true });
  return { tenant, target: { ...tenant, topic }, path };
}

async function release({ operator, journal }: Lab, tenant: Tenant, { topic }: Target, path: string): Promise<void> {
  await journal.append({ kind: 'release', path, topic });
  const { tenantId, appId } = tenant;
  await operator.call('POST', '/topics/historyProcessed', { tenantId, appId, topicList: [topic] });
}
