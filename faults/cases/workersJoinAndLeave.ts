import { setTimeout as sleep } from 'node:timers/promises';
import { makeTenant, putTopic, subscribe } from '../driver/scene';
import type { Journal } from '../journal/journal';
import type { FaultCase } from '../lab';

const ROUNDS = { short: 6, full: 20 };
const EVERY_MS = { from: 1000, to: 4000 };
/** Less than, as many as, and more than the workers. */
const LIMITS = [1, 2, 4, 10];
const ANSWERS_AFTER_MS = { from: 50, to: 400 };
/** Of all four subscriptions together less than the one with a single call at a time can take. */
const PER_SECOND = 4;

export const workersJoinAndLeave: FaultCase = {
  name: 'workers-join-and-leave',
  what: 'four workers stop, are killed and start again every few seconds: no receiver gets more calls at once than maxInFlight',
  form: 'workers',
  limits: { maxUncertain: 0, answersWithinMs: 12_000 },
  quietWithinMs: 300_000,
  async run(lab) {
    const { stack, producer, receiver, random, short, journal } = lab;
    const tenant = await makeTenant(lab);
    await putTopic(lab, journal.name);
    const paths = new Map<number, string>();
    for (const maxInFlight of LIMITS) {
      const settings = { topics: [journal.name], retry: Array(50).fill(2), timeoutMs: 5000, maxInFlight };
      const { path } = await subscribe(lab, tenant, { name: `in-flight-${maxInFlight}`, ...settings });
      receiver.on(path, () => ({ delayMs: random.between(ANSWERS_AFTER_MS.from, ANSWERS_AFTER_MS.to) }));
      paths.set(maxInFlight, path);
    }
    const target = { ...tenant, topic: journal.name };
    await producer.publishMany(target, short ? 100 : 500);
    const load = producer.startLoad({ targets: [target], perSecond: PER_SECOND });
    for (let round = 0; round < (short ? ROUNDS.short : ROUNDS.full); round++) {
      await sleep(random.between(EVERY_MS.from, EVERY_MS.to));
      const victim = random.pick(stack.workers);
      const isKilled = random.next() < 0.5;
      const heal = await lab.beginFault(`${victim.name} ${isKilled ? 'killed' : 'stopped'}, and started`, {
        stopsCallers: true,
      });
      await (isKilled ? victim.kill9() : victim.stop());
      await sleep(random.between(EVERY_MS.from, EVERY_MS.to));
      await victim.start();
      await heal();
    }
    await load.stop();
    await lab.becomesQuiet();
    for (const [maxInFlight, path] of paths) {
      const most = mostAtOnce(journal, path);
      lab.figure(`maxInFlight ${maxInFlight}: ${most} at once at most`);
      if (most > maxInFlight) lab.report(`${path} had ${most} calls at once, and its maxInFlight is ${maxInFlight}`);
    }
  },
};

/** A call whose caller went is over: its connection is closed. */
function mostAtOnce({ entries }: Journal, path: string): number {
  const open = new Set<number>();
  let most = 0;
  for (const entry of entries) {
    if (entry.kind === 'receipt' && entry.path === path) open.add(entry.receipt);
    if (entry.kind === 'answer') open.delete(entry.receipt);
    most = Math.max(most, open.size);
  }
  return most;
}
