import { setTimeout as sleep } from 'node:timers/promises';
import { makeScene } from '../driver/scene';
import { type FaultCase, NotRun } from '../lab';

/** An empty cluster has 40 MiB, and some segments of 16 MiB of its log. */
const DISK_MIB = 400;
const FULL_MS = 15_000;
const FILLED_AGAIN_EVERY_MS = 500;

export const diskFull: FaultCase = {
  name: 'disk-full',
  what: "PostgreSQL's disk is full under load, until it has room again; a PostgreSQL that gave up is started again",
  diskMib: DISK_MIB,
  limits: { answersWithinMs: 12_000 },
  isLong: true,
  async run(lab) {
    const { stack, producer, random, rate } = lab;
    const { disk, postgres } = stack;
    if (!disk) throw new NotRun('PostgreSQL has no disk of its own');
    const { targets } = await makeScene(lab);
    const load = producer.startLoad({ targets, perSecond: rate });
    await sleep(random.between(1500, 4000));
    const heal = await lab.beginFault("PostgreSQL's disk full");
    // It recycles files of its own, so what it gives back is taken too.
    for (let fullMs = 0; fullMs < FULL_MS; fullMs += FILLED_AGAIN_EVERY_MS) {
      await disk.fill();
      // Every write takes room that is there no more: its log has segments in reserve, which a switch uses up.
      await postgres.query('SELECT pg_switch_wal()').catch(() => undefined);
      await sleep(FILLED_AGAIN_EVERY_MS);
    }
    await disk.empty();
    await postgres.restore();
    await heal();
    await sleep(1000);
    await load.stop();
  },
};
