import { setTimeout as sleep } from 'node:timers/promises';
import { makeScene } from '../driver/scene';
import type { FaultCase } from '../lab';

const ROUNDS = { short: 4, full: 12 };
const EVERY_MS = { from: 2000, to: 10_000 };

export const workersRestarted: FaultCase = {
  name: 'workers-restarted',
  what: 'a worker is restarted every few seconds under load, half of the times with SIGKILL',
  limits: { maxUncertain: 0, answersWithinMs: 12_000 },
  isLong: true,
  async run(lab) {
    const { stack, producer, random, rate, short } = lab;
    const { targets } = await makeScene(lab);
    const load = producer.startLoad({ targets, perSecond: rate });
    for (let round = 0; round < (short ? ROUNDS.short : ROUNDS.full); round++) {
      await sleep(random.between(EVERY_MS.from, EVERY_MS.to));
      const victim = random.pick(stack.workers);
      const isKilled = random.next() < 0.5;
      const heal = await lab.beginFault(`${victim.name} ${isKilled ? 'killed' : 'stopped'} and started`, {
        stopsCallers: true,
      });
      await (isKilled ? victim.kill9() : victim.stop());
      await victim.start();
      await heal();
    }
    await load.stop();
  },
};
