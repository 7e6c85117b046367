import { setTimeout as sleep } from 'node:timers/promises';
import { makeScene } from '../driver/scene';
import { type FaultCase, type Lab, NotRun } from '../lab';
import type { OwnTemporal } from '../stack/temporalServer';

const DOWN_MS = { short: 3000, full: 20_000 };
const SUSPENDED_MS = 15_000;
/** Accepting goes on as if nothing were. */
const limits = { maxUncertain: 0, answersWithinMs: 12_000 };

export const temporalKilled: FaultCase = {
  name: 'temporal-killed',
  what: 'Temporal is killed under load, and started again',
  limits,
  run: (lab) =>
    underLoad(lab, async (temporal) => {
      const heal = await lab.beginFault('Temporal killed');
      await temporal.kill9();
      await sleep(lab.short ? DOWN_MS.short : DOWN_MS.full);
      await temporal.restore();
      await heal();
    }),
};

export const temporalSuspended: FaultCase = {
  name: 'temporal-suspended',
  what: 'Temporal is suspended for 15 s under load',
  limits,
  isLong: true,
  run: (lab) =>
    underLoad(lab, async (temporal) => {
      const heal = await lab.beginFault('Temporal suspended');
      await temporal.suspend();
      await sleep(SUSPENDED_MS);
      await temporal.restore();
      await heal();
    }),
};

export function ownTemporal({ stack }: Lab): OwnTemporal {
  if (stack.temporal.own) return stack.temporal.own;
  throw new NotRun('Temporal is not ours to hurt');
}

async function underLoad(lab: Lab, hurt: (temporal: OwnTemporal) => Promise<void>): Promise<void> {
  const { producer, random, rate } = lab;
  const temporal = ownTemporal(lab);
  const { targets } = await makeScene(lab);
  const load = producer.startLoad({ targets, perSecond: rate });
  await sleep(random.between(1500, 4000));
  await hurt(temporal);
  await sleep(1000);
  await load.stop();
}
