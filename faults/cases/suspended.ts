import { setTimeout as sleep } from 'node:timers/promises';
import { makeScene } from '../driver/scene';
import type { FaultCase } from '../lab';

const SUSPENDED_MS = { short: 25_000, full: 60_000 };
const BACKLOG = 600;
const CALLBACK_MS = 20;

export const suspended: FaultCase = {
  name: 'suspended',
  what: 'an API and the worker that pushes are suspended (SIGSTOP) in the midst of a batch, and resumed',
  limits: { maxRepeats: 250 },
  quietWithinMs: 400_000,
  isLong: true,
  async run(lab) {
    const { stack, producer, receiver, random, rate, short } = lab;
    const { target, targets, pushPath } = await makeScene(lab);
    receiver.on(pushPath, () => ({ delayMs: CALLBACK_MS }));
    await producer.publishMany(target, BACKLOG);
    const load = producer.startLoad({ targets, perSecond: rate });
    await sleep(random.between(500, 1500));
    const api = random.pick(stack.apis);
    // Which of them pushes cannot be seen from outside: both, one after the other.
    for (const worker of stack.workers) {
      const heal = await lab.beginFault(`${api.name} and ${worker.name} suspended`, { stopsCallers: true });
      api.suspend();
      worker.suspend();
      await sleep(short ? SUSPENDED_MS.short : SUSPENDED_MS.full);
      api.resume();
      worker.resume();
      await heal();
      await sleep(1000);
    }
    await load.stop();
  },
};
