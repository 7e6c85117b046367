import { setTimeout as sleep } from 'node:timers/promises';
import { makeScene } from '../driver/scene';
import type { FaultCase } from '../lab';
import { compileShiftedClock } from '../stack/shiftedClock';

const SHIFT_S = 600;
const LOAD_MS = 15_000;
/** A signature is of the database's time, whatever the clock of who sends says; receivers allow five minutes. */
const MAX_SIGNED_OFF_S = 30;

export const clocksApart: FaultCase = {
  name: 'clocks-apart',
  what: 'an API and a worker are 10 minutes ahead, the others 10 minutes behind PostgreSQL, Temporal and the receiver',
  // It is no fault that excuses anything.
  limits: { maxRepeats: 0, maxUncertain: 0, answersWithinMs: 12_000 },
  isLong: true,
  async run(lab) {
    const { stack, producer, receiver, journal, rate } = lab;
    const shifted = await compileShiftedClock(stack.runDir);
    const restart = async (envOf: (index: number) => Record<string, string>) => {
      await Promise.all(stack.processes.map((one) => one.stop()));
      for (const [index, one] of stack.processes.entries()) one.extraEnv = envOf(index);
      await stack.restore();
    };
    // Of each kind the first ahead, the second behind.
    await restart((index) => shifted(index % 2 === 0 ? SHIFT_S : -SHIFT_S));
    try {
      const { targets, plainPath, pushPath } = await makeScene(lab);
      const tried = new Set<string>();
      const off: number[] = [];
      for (const path of [plainPath, pushPath]) {
        receiver.on(path, ({ deliveryId, signedAtS, number }) => {
          off.push(Math.abs(signedAtS - Date.now() / 1000));
          const isRepeat = tried.size === tried.add(deliveryId).size;
          // Of push tasks each retry would take 10 s.
          return path === plainPath && !isRepeat && number % 10 === 0 ? { status: 503 } : {};
        });
      }
      const load = producer.startLoad({ targets, perSecond: rate });
      await sleep(LOAD_MS);
      await load.stop();
      await lab.becomesQuiet();
      const worst = Math.max(...off);
      if (worst > MAX_SIGNED_OFF_S) lab.report(`a callback of ${journal.name} was signed ${Math.round(worst)} s off`);
    } finally {
      await restart(() => ({}));
    }
  },
};
