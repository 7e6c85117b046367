import { setTimeout as sleep } from 'node:timers/promises';
import { makeScene } from '../driver/scene';
import type { FaultCase } from '../lab';

const DOWN_MS = { short: 3000, full: 30_000 };
/** Every worker's batch of a push task, and what both had under way. */
const MAX_REPEATS = 250;

export const workersKilled: FaultCase = {
  name: 'workers-killed',
  what: 'all workers are killed under load, and started again after a while',
  limits: { maxRepeats: MAX_REPEATS, maxUncertain: 0, answersWithinMs: 12_000 },
  async run(lab) {
    const { stack, producer, random, rate, short } = lab;
    const { targets } = await makeScene(lab);
    const load = producer.startLoad({ targets, perSecond: rate });
    await sleep(random.between(2000, 5000));
    const heal = await lab.beginFault('all workers killed', { stopsCallers: true });
    await Promise.all(stack.workers.map((worker) => worker.kill9()));
    await sleep(short ? DOWN_MS.short : DOWN_MS.full);
    await Promise.all(stack.workers.map((worker) => worker.start()));
    await heal();
    await sleep(1000);
    await load.stop();
  },
};
