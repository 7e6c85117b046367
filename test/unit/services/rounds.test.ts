import { setImmediate as turn } from 'node:timers/promises';
import { type Round, Rounds, type RoundsOptions } from '../../../src/services/rounds/rounds';

/** A lease in memory, which somebody else can take. */
function leaseOf() {
  const log: string[] = [];
  const state = { isDue: true, isOurs: true };
  return {
    log,
    state,
    lease: {
      async claim() {
        if (!state.isDue) return false;
        state.isDue = false;
        log.push('claimed');
        return true;
      },
      async renew() {
        log.push('renewed');
        return state.isOurs;
      },
      async release({ nextInMs }: { nextInMs: number }) {
        log.push(nextInMs === 0 ? 'released at once' : 'released');
      },
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error('not within 5 s');
    await turn();
  }
}

const running: Rounds[] = [];
afterEach(async () => {
  for (const rounds of running.splice(0)) await rounds.stop();
});

function start(options: Pick<RoundsOptions, 'lease' | 'run'> & Partial<RoundsOptions>): { faults: string[] } {
  const faults: string[] = [];
  const rounds = new Rounds({
    everyMs: 10_000,
    silentAfterMs: 60_000,
    onFault: (error) => faults.push((error as Error).message),
    ...{ askEveryMs: 1, renewEveryMs: 5 },
    ...options,
  });
  running.push(rounds);
  rounds.start();
  return { faults };
}

/** Ends when it is told to, as a round between two statements does. */
const untilTold = ({ signal }: Round) =>
  new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

test('a round is made when it is due, and the lease is given back until the next one', async () => {
  const { lease, log, state } = leaseOf();
  let made = 0;
  start({
    lease,
    async run() {
      made++;
    },
  });
  await until(() => made === 1);
  await until(() => log.at(-1) === 'released');
  state.isDue = true;
  await until(() => made === 2);
});

test('a round that fails is reported, and the next one is made', async () => {
  const { lease, log, state } = leaseOf();
  let made = 0;
  const { faults } = start({
    lease,
    async run() {
      if (++made === 1) throw new Error('PostgreSQL is away');
    },
  });
  await until(() => log.at(-1) === 'released' && faults.length === 1);
  expect(faults).toEqual(['PostgreSQL is away']);
  state.isDue = true;
  await until(() => made === 2);
});

test('a round whose lease another process has taken ends', async () => {
  const { lease, log, state } = leaseOf();
  const { faults } = start({ lease, run: untilTold });
  await until(() => log.includes('renewed'));
  state.isOurs = false;
  await until(() => faults.length === 1);
  expect(faults).toEqual(['the lease ran out, and another process makes the round']);
});

test('a round that does not move is given up, and its lease is not renewed', async () => {
  const { lease, log } = leaseOf();
  const { faults } = start({ lease, run: untilTold, silentAfterMs: 1 });
  await until(() => faults.length === 1);
  expect(faults).toEqual(['the round has not moved for 1 ms']);
  expect(log).not.toContain('renewed');
});

test('a process that stops ends its round, reports nothing, and gives the lease back at once', async () => {
  const { lease, log } = leaseOf();
  const { faults } = start({ lease, run: untilTold });
  await until(() => log.includes('claimed'));
  await running.pop()?.stop();
  expect([faults, log.at(-1)]).toEqual([[], 'released at once']);
});
