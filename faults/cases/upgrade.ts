import { setTimeout as sleep } from 'node:timers/promises';
import { makeScene } from '../driver/scene';
import { type FaultCase, type Lab, NotRun } from '../lab';
import { watchLockWaits } from '../stack/lockWaits';
import { MAIN, type ProductProcess } from '../stack/productProcess';
import { findStartFailure } from '../stack/startFailure';

/** Its schema is the one of before the migrations of 2026-11-30. */
const RELEASE_BEFORE = '04e261b';
const ROUNDS = 5;
const MIN_RATE = 60;
const BEFORE_MS = 4000;
const AFTER_MS = 3000;
const MOST_STARTS = 8;
/** A publish waits for no table longer than this. */
const MOST_LOCK_WAIT_MS = 1000;

export const upgrade: FaultCase = {
  name: 'upgrade',
  what: 'a new release is started over the one before under load, five times, each time on a database of the one before',
  startsFromOldBuild: { commit: RELEASE_BEFORE },
  // Processes are told to end, and finish what they have under way.
  limits: { maxRepeats: 0, answersWithinMs: 12_000 },
  isLong: true,
  leavesMuch: true,
  async run(lab) {
    const { stack } = lab;
    const oldMain = stack.processes[0]?.mainFile ?? MAIN;
    if (oldMain === MAIN) throw new NotRun('there is no git history to build the release before from');
    for (let round = 1; round <= ROUNDS; round++) {
      if (round > 1) await installAnew(lab, oldMain);
      await runRound(lab, round);
    }
  },
};

async function runRound(lab: Lab, round: number): Promise<void> {
  const { stack, producer, journal, rate } = lab;
  const { targets } = await makeScene(lab, { name: `round-${round}-` });
  const load = producer.startLoad({ targets, perSecond: Math.max(rate, MIN_RATE) });
  await sleep(BEFORE_MS);
  const fromMs = performance.now();
  const longestWait = await watchLockWaits(stack.postgres);
  // The first of the new ones migrates, while all others are still old.
  const [first, ...others] = stack.processes.toReversed();
  const failures = first ? await replace(first) : [];
  await sleep(AFTER_MS);
  const waitedMs = await longestWait();
  await load.stop();
  const publishesMs = journal.entries.flatMap((entry) =>
    entry.kind === 'published' && entry.atMs >= fromMs ? [entry.tookMs] : [],
  );
  lab.figure(
    `round ${round}: ${failures.length} starts failed, longest wait for a table ${waitedMs} ms, longest publish ${Math.max(...publishesMs)} ms`,
  );
  for (const failure of failures) lab.report(`a start has failed: ${failure}`);
  if (waitedMs > MOST_LOCK_WAIT_MS) lab.report(`late: traffic waited ${waitedMs} ms for a table`);
  for (const failure of (await Promise.all(others.map(replace))).flat()) lab.report(`a start has failed: ${failure}`);
  await lab.becomesQuiet();
}

/** @returns why starts failed, until one did not. */
async function replace(one: ProductProcess): Promise<string[]> {
  const failures: string[] = [];
  await one.stop();
  one.mainFile = MAIN;
  while (failures.length < MOST_STARTS) {
    try {
      await one.start();
      await one.becomesReady();
      return failures;
    } catch (error) {
      failures.push(findStartFailure(error));
      await one.kill9();
    }
  }
  throw new Error(`${one.name} did not start in ${MOST_STARTS} tries: ${failures.at(-1)}`);
}

async function installAnew({ stack }: Lab, oldMain: string): Promise<void> {
  for (const one of stack.processes) await one.stop();
  await stack.postgres.emptyDatabase();
  for (const one of stack.processes) one.mainFile = oldMain;
  await stack.restore();
}
