import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { makeScene } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';
import { END_CONNECTIONS } from '../stack/postgresServer';

const DOWN_MS = 3000;
const SUSPENDED_MS = 15_000;
const FULL_MS = { short: 10_000, full: 30_000 };
/** An answer within 10 s is promised; the rest is for a slow machine. */
const ANSWERS_WITHIN_MS = 12_000;

export const postgresKilled: FaultCase = {
  name: 'postgres-killed',
  what: 'PostgreSQL is killed (every process of it) under load, and started again',
  limits: { answersWithinMs: ANSWERS_WITHIN_MS },
  run: (lab) =>
    underLoad(lab, async () => {
      const { postgres } = lab.stack;
      const heal = await lab.beginFault('PostgreSQL killed');
      await postgres.kill9();
      await sleep(DOWN_MS);
      await postgres.restore();
      await heal();
    }),
};

export const postgresRestarted: FaultCase = {
  name: 'postgres-restarted',
  what: 'PostgreSQL is restarted under load, as an upgrade of it does',
  limits: { answersWithinMs: ANSWERS_WITHIN_MS },
  isLong: true,
  run: (lab) =>
    underLoad(lab, async () => {
      const { postgres } = lab.stack;
      const heal = await lab.beginFault('PostgreSQL restarted');
      await postgres.shutDown();
      await postgres.restore();
      await heal();
    }),
};

export const postgresSuspended: FaultCase = {
  name: 'postgres-suspended',
  what: 'PostgreSQL is suspended for 15 s under load',
  limits: { answersWithinMs: ANSWERS_WITHIN_MS },
  isLong: true,
  run: (lab) =>
    underLoad(lab, async () => {
      const { postgres } = lab.stack;
      const heal = await lab.beginFault('PostgreSQL suspended');
      await postgres.suspend();
      await sleep(SUSPENDED_MS);
      await postgres.restore();
      await heal();
    }),
};

export const postgresFull: FaultCase = {
  name: 'postgres-full',
  what: 'PostgreSQL loses every connection of the product and has none left to give',
  limits: { answersWithinMs: ANSWERS_WITHIN_MS },
  isLong: true,
  run: (lab) =>
    underLoad(lab, async () => {
      const heal = await lab.beginFault('PostgreSQL out of connections');
      const hogs: Client[] = [];
      const endMs = performance.now() + (lab.short ? FULL_MS.short : FULL_MS.full);
      while (performance.now() < endMs) {
        if ((await takeAll(lab, hogs)) === 0) await sleep(200);
      }
      if ((await takeAll(lab, hogs)) > 0) throw new Error('the product has got hold of a connection');
      await Promise.all(hogs.map((hog) => hog.end()));
      await heal();
    }),
};

async function underLoad(lab: Lab, hurt: () => Promise<void>): Promise<void> {
  const { producer, random, rate } = lab;
  const { targets } = await makeScene(lab);
  const load = producer.startLoad({ targets, perSecond: rate });
  await sleep(random.between(1500, 4000));
  await hurt();
  await sleep(1000);
  await load.stop();
}

const AT_ONCE = 40;

/** Ends what the product has and takes what is free, more at once than the product asks for. @returns how many it ended. */
async function takeAll({ stack: { postgres } }: Lab, hogs: Client[]): Promise<number> {
  const [ender] = hogs;
  const ended = ender ? ((await ender.query(END_CONNECTIONS)).rowCount ?? 0) : 1;
  const taken = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => postgres.connect()));
  hogs.push(...taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  return ended;
}
