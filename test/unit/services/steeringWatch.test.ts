import type { Steering, SteeringsRead } from '../../../src/db/steerings';
import { SteeringWatch } from '../../../src/services/steering/steeringWatch';

const TARGET = { id: 'a', tenantId: 'acme', appId: 'shop' };
const STEERED: Steering = { id: '1', steered: { subscriptionId: 'a' } };
/** By the wall clock, more than a poll may be old. */
const TOO_OLD_MS = 1001;
/** More than the log is trusted for. */
const GAP_MS = 31_000;

let log: SteeringsRead;
let readings: string[];
let fail: Error | null;
let faults: unknown[];
let forgotten: string[];
let watch: SteeringWatch;
let wallMs: number;

beforeEach(async () => {
  wallMs = Date.now();
  jest.spyOn(Date, 'now').mockImplementation(() => wallMs);
  log = { xmin: '100', steerings: [] };
  readings = [];
  fail = null;
  faults = [];
  forgotten = [];
  watch = new SteeringWatch({
    async read(xmin) {
      readings.push(xmin);
      if (fail) throw fail;
      return log;
    },
    forget: async () => undefined,
    onSteered: (steered) => forgotten.push(...steered.map((one) => JSON.stringify(one))),
    onFault: (error) => faults.push(error),
  });
  await watch.start();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await watch.stop();
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function nextReading(): Promise<void> {
  const { length } = readings;
  await until(() => readings.length > length + 1);
}

test('what another process has steered is obeyed after the next poll', async () => {
  const seen = watch.now();
  expect(watch.mayBegin(TARGET, seen)).toBe(true);
  log = { xmin: '101', steerings: [STEERED] };
  await until(() => !watch.mayBegin(TARGET, seen));
  expect(watch.hasSteered(TARGET, seen)).toBe(true);
  expect(forgotten).toEqual([JSON.stringify(STEERED.steered)]);
});

test('each poll asks from where the one before ended, and an entry that is read again counts once', async () => {
  log = { xmin: '101', steerings: [STEERED] };
  await nextReading();
  const seen = watch.now();
  await nextReading();
  expect(readings.slice(0, 2)).toEqual(['0', '100']);
  expect(readings.at(-1)).toBe('101');
  expect(watch.mayBegin(TARGET, seen)).toBe(true);
});

test("what this process has steered is obeyed at once, and the log's entry of it adds nothing", async () => {
  const before = watch.now();
  watch.apply([STEERED]);
  expect(watch.mayBegin(TARGET, before)).toBe(false);
  const after = watch.now();
  log = { xmin: '101', steerings: [STEERED] };
  await nextReading();
  expect(watch.mayBegin(TARGET, after)).toBe(true);
});

test('while polls fail nothing begins that needs a newer one, and the fault is told once', async () => {
  fail = new Error('PostgreSQL is away');
  const seen = watch.now();
  wallMs += TOO_OLD_MS;
  expect(watch.mayBegin(TARGET, seen)).toBe(false);
  await nextReading();
  expect(await watch.fresh(1)).toBe(false);
  expect(faults).toEqual([fail]);
  fail = null;
  expect(await watch.fresh(10_000)).toBe(true);
  expect(watch.mayBegin(TARGET, seen)).toBe(true);
});

test('a wall clock that is set wrong, either way, costs no more than the wait for a poll', async () => {
  const seen = watch.now();
  wallMs -= 3_600_000;
  expect(watch.mayBegin(TARGET, seen)).toBe(true);
  wallMs += 3_600_000 + TOO_OLD_MS;
  expect(watch.mayBegin(TARGET, seen)).toBe(false);
  expect(await watch.fresh(10_000)).toBe(true);
  expect(watch.mayBegin(TARGET, seen)).toBe(true);
});

const GAPS = {
  'a suspension that lasted longer than the log is trusted for'() {
    wallMs += GAP_MS;
  },
  'a server whose transactions go back'() {
    log = { xmin: '99', steerings: [] };
  },
};

test.each(Object.entries(GAPS))(
  'after %s everything that was read before is asked for again',
  async (_what, happens) => {
    const seen = watch.now();
    happens();
    await until(() => watch.hasSteered(TARGET, seen));
    expect(watch.mayBegin(TARGET, watch.now())).toBe(true);
  },
);
