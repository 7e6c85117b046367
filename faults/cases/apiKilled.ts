import { setTimeout as sleep } from 'node:timers/promises';
import { makeScene } from '../driver/scene';
import type { FaultCase } from '../lab';

const KILLS = { short: 2, full: 8 };

export const apiKilled: FaultCase = {
  name: 'api-killed',
  what: 'an API process is killed (SIGKILL) at random moments under load, and started again',
  // An API process makes no attempts.
  limits: { maxRepeats: 0 },
  async run(lab) {
    const { stack, producer, random, rate, short } = lab;
    const { targets } = await makeScene(lab);
    const load = producer.startLoad({ targets, perSecond: rate });
    for (let kill = 0; kill < (short ? KILLS.short : KILLS.full); kill++) {
      await sleep(random.between(300, 2500));
      const victim = random.pick(stack.apis);
      const heal = await lab.beginFault(`${victim.name} killed`);
      await victim.kill9();
      await sleep(random.between(0, 1500));
      await victim.start();
      await heal();
    }
    await sleep(500);
    await load.stop();
  },
};
