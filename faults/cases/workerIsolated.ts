import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../src/embedded/processes';
import { makeTenant, putTopic, registerPush, subscribe } from '../driver/scene';
import type { FaultCase } from '../lab';

/** So many push tasks that each worker has some. */
const PUSH_TASKS = 6;
const PUSHED_EACH = { short: 250, full: 600 };
const PUSH_MS = 100;
/** Few each: many calls of one receiver that is so slow would go behind its lane. */
const SLOW_RECEIVERS = 10;
const CALLS_EACH = 3;
const TIMEOUT_MS = 25_000;
/** Longer than the 10 s after which Temporal gives a workflow's task to another worker. */
const CALL_MS = 18_000;
const UNDER_WAY_WITHIN_MS = 60_000;
/** Longer than the 30 s after which it gives away an activity that it does not hear of. */
const ISOLATED_MS = { short: 20_000, full: 50_000 };

export const workerIsolated: FaultCase = {
  name: 'worker-isolated',
  what: 'a worker loses Temporal (half open) amid its calls and pushes; the other is given all of them, and may repeat none',
  // The worker keeps PostgreSQL and the receiver, so each of its calls is recorded.
  limits: { maxRepeats: 0, maxUncertain: 0, answersWithinMs: 12_000 },
  isLong: true,
  async run(lab) {
    const { stack, producer, receiver, random, journal, short } = lab;
    const tenant = await makeTenant(lab);
    const topics = Array.from({ length: PUSH_TASKS }, (_, index) => `${journal.name}-push-${index}`);
    const slow = Array.from({ length: SLOW_RECEIVERS }, (_, index) => `${journal.name}-slow-${index}`);
    for (const topic of [...topics, ...slow]) await putTopic(lab, topic);
    const { path: pushPath } = await registerPush(lab, tenant, { name: 'push', topics });
    receiver.on(pushPath, () => ({ delayMs: PUSH_MS }));
    const slowPaths: string[] = [];
    for (const topic of slow) {
      const { path } = await subscribe(lab, tenant, { name: topic, topics: [topic], timeoutMs: TIMEOUT_MS });
      receiver.on(path, () => ({ delayMs: CALL_MS }));
      slowPaths.push(path);
    }

    const targetsOf = (names: string[]) => names.map((topic) => ({ ...tenant, topic }));
    await producer.publishMany(targetsOf(topics), PUSH_TASKS * (short ? PUSHED_EACH.short : PUSHED_EACH.full));
    await producer.publishMany(targetsOf(slow), SLOW_RECEIVERS * CALLS_EACH);
    const areUnderWay = async () => slowPaths.every((path) => receiver.count(path) > 0);
    if (!(await waitFor({ condition: areUnderWay, timeoutMs: UNDER_WAY_WITHIN_MS }))) {
      throw new Error('not every slow receiver was called');
    }
    const { name, links } = random.pick(stack.workers);
    const heal = await lab.beginFault(`${name} to Temporal half open`);
    links.temporal.setMode({ kind: 'halfOpen' });
    await sleep(short ? ISOLATED_MS.short : ISOLATED_MS.full);
    links.temporal.heal();
    await heal();
  },
};
