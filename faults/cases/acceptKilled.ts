import { setTimeout as sleep } from 'node:timers/promises';
import { makeScene } from '../driver/scene';
import type { FaultCase } from '../lab';
import { MOMENTS } from '../proxy/statementHold';
import { within } from '../within';

/** The statements that commit events (src/db/carrying/accept.ts). */
const ACCEPT = ['accept_alone', 'accept', 'accept_paged'];
const ROUNDS = { short: 1, full: 4 };

export const acceptKilled: FaultCase = {
  name: 'accept-killed',
  what: 'an API process is killed before its accept is sent, before, during and after its COMMIT',
  limits: { maxRepeats: 0 },
  async run(lab) {
    const { stack, producer, random, rate, short } = lab;
    const { targets } = await makeScene(lab);
    const load = producer.startLoad({ targets, perSecond: rate });
    for (let round = 0; round < (short ? ROUNDS.short : ROUNDS.full); round++) {
      for (const moment of MOMENTS) {
        await sleep(random.between(200, 1000));
        const victim = random.pick(stack.apis);
        await within(30_000, victim.statements.next({ statements: ACCEPT, moment }), `an accept that is ${moment}`);
        const heal = await lab.beginFault(`${victim.name} killed with an accept that is ${moment}`);
        await victim.kill9();
        await victim.start();
        await heal();
      }
    }
    await load.stop();
  },
};
