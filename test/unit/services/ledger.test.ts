import type { Pushed } from '../../../src/db/carrying/recordPushed';
import { Ledger } from '../../../src/services/draining/ledger';
import { now } from '../../../src/services/instant';

const MAX_UNWRITTEN = 100;
const SECOND_MS = 1000;

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

interface Write {
  pushed: Pushed[];
  resolve(isHeld: boolean): void;
  reject(error: Error): void;
}

/** A ledger whose writes end when, and as, the test says. */
function startLedger() {
  const writes: Write[] = [];
  const errors: unknown[] = [];
  const write = (pushed: Pushed[]) =>
    new Promise<boolean>((resolve, reject) => void writes.push({ pushed, resolve, reject }));
  const ledger = new Ledger({ heldSince: now(), write, onWriteError: (error) => errors.push(error) });
  let acknowledged = 0;

  /** `count` acknowledgements, of attempts that took 5 ms. */
  function add(count = 1): void {
    for (let i = 0; i < count; i++) {
      const result = { durationMs: 5, statusCode: 200, responseExcerpt: null };
      ledger.add({ deliveryId: String(acknowledged++), startedAtMs: performance.now() - 5, ...result });
    }
  }

  /** One push and its acknowledgement after the other, as long as it may without time passing. @returns how many. */
  async function pushOn(most = 1000): Promise<number> {
    for (let pushed = 0; pushed < most; pushed++) {
      if ((await soFar(ledger.mayPush())) !== true) return pushed;
      add();
    }
    return most;
  }

  /** The writes so far, each as the numbers of what it wrote. */
  const written = () => writes.map(({ pushed }) => pushed.map(({ deliveryId }) => Number(deliveryId)));

  async function end(index: number, outcome: boolean | Error): Promise<void> {
    const one = writes[index];
    if (!one) throw new Error(`there are ${writes.length} writes`);
    if (outcome instanceof Error) one.reject(outcome);
    else one.resolve(outcome);
    await jest.advanceTimersByTimeAsync(0);
  }

  return { ledger, writes, errors, add, pushOn, written, end };
}

/** What a promise resolves with before any time passes. */
async function soFar<T>(promise: Promise<T>): Promise<T | 'waits'> {
  let answer: T | 'waits' = 'waits';
  void promise.then((value) => {
    answer = value;
  });
  await jest.advanceTimersByTimeAsync(0);
  return answer;
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => i + from);

test('pushing goes on while a group is written, and never are more than a hundred unwritten', async () => {
  const { ledger, pushOn, written, end } = startLedger();
  let unwritten = await pushOn();
  expect(written()).toEqual([range(0, 50)]);
  expect(unwritten).toBe(MAX_UNWRITTEN);
  for (let write = 0; write < 20; write++) {
    await end(write, true);
    unwritten -= written()[write]?.length ?? 0;
    unwritten += await pushOn();
    expect(unwritten).toBeLessThanOrEqual(MAX_UNWRITTEN);
    expect(unwritten).toBeGreaterThan(MAX_UNWRITTEN / 2);
  }
  expect(Math.max(...written().map((group) => group.length))).toBeLessThanOrEqual(MAX_UNWRITTEN / 2);
  expect(written().flat()).toEqual(range(0, written().flat().length));
  expect(await soFar(ledger.mayPush())).toBe('waits');
});

test('the hold is renewed every second by whoever goes on pushing, with nothing acknowledged too', async () => {
  const { ledger, written, end } = startLedger();
  expect(await soFar(ledger.mayPush())).toBe(true);
  expect(written()).toEqual([]);
  for (let second = 0; second < 3; second++) {
    await jest.advanceTimersByTimeAsync(SECOND_MS + 1);
    expect(await soFar(ledger.mayPush())).toBe(true);
    expect(written()).toHaveLength(second + 1);
    expect(written().at(-1)).toEqual([]);
    await end(second, true);
  }
});

test('an acknowledgement is written within a second, however long the next attempt takes', async () => {
  const { add, written, end } = startLedger();
  add();
  await jest.advanceTimersByTimeAsync(SECOND_MS + 1);
  expect(written()).toEqual([[0]]);
  add();
  await end(0, true);
  await jest.advanceTimersByTimeAsync(SECOND_MS + 1);
  expect(written()).toEqual([[0], [1]]);
});

test('how long ago an attempt started is counted to the moment of its writing', async () => {
  const { add, writes } = startLedger();
  add();
  await jest.advanceTimersByTimeAsync(SECOND_MS + 1);
  expect(writes[0]?.pushed).toEqual([
    { deliveryId: '0', durationMs: 5, startedAgoMs: expect.any(Number), statusCode: 200, responseExcerpt: null },
  ]);
  expect(writes[0]?.pushed[0]?.startedAgoMs).toBeGreaterThanOrEqual(5 + SECOND_MS);
});

test('a lane that is held no more is pushed no more; what was acknowledged is written all the same', async () => {
  const { ledger, pushOn, written, end } = startLedger();
  await pushOn(60);
  await end(0, false);
  expect(await soFar(ledger.mayPush())).toBe(false);
  const flushed = ledger.flush();
  expect(written()).toEqual([range(0, 50), range(50, 60)]);
  await end(1, false);
  expect(await flushed).toBe(false);
});

test('nothing goes out when the last renewal is older than ten seconds, until it is renewed', async () => {
  const { ledger, written, end } = startLedger();
  await jest.advanceTimersByTimeAsync(9 * SECOND_MS);
  expect(await soFar(ledger.mayPush())).toBe(true);
  expect(written()).toEqual([[]]);
  await jest.advanceTimersByTimeAsync(SECOND_MS + 1);
  const may = ledger.mayPush();
  expect(await soFar(may)).toBe('waits');
  await jest.advanceTimersByTimeAsync(10 * SECOND_MS);
  await end(0, true);
  // Renewed as of the moment of asking, which is more than ten seconds ago by now.
  expect(await soFar(may)).toBe('waits');
  await end(1, true);
  expect(await may).toBe(true);
});

test.each([
  ['may go on', true],
  ['is told so', false],
])('suspended for longer than ten seconds, it asks before its next call, and %s', async (_, isHeld) => {
  const { ledger, written, end } = startLedger();
  // Timers have not run yet when a process that was suspended goes on.
  jest.setSystemTime(Date.now() + 60 * SECOND_MS);
  const may = ledger.mayPush();
  expect(await soFar(may)).toBe('waits');
  expect(written()).toEqual([[]]);
  await end(0, isHeld);
  expect(await may).toBe(isHeld);
});

test('the hold counts from before it was asked for, not from its answer', async () => {
  const heldSince = now();
  await jest.advanceTimersByTimeAsync(11 * SECOND_MS);
  const write = jest.fn(async () => false);
  const ledger = new Ledger({ heldSince, write, onWriteError: () => undefined });
  expect(await ledger.mayPush()).toBe(false);
  expect(write).toHaveBeenCalledTimes(1);
});

test('a write that fails is repeated, with the same group; from ten seconds on the lane counts as lost', async () => {
  const { ledger, errors, pushOn, written, end } = startLedger();
  await pushOn(50);
  for (let failed = 0; failed < 9; failed++) {
    await end(failed, new Error('no database'));
    expect(errors).toHaveLength(failed + 1);
    await jest.advanceTimersByTimeAsync(SECOND_MS);
    expect(written()).toHaveLength(failed + 2);
  }
  expect(await soFar(ledger.mayPush())).toBe(true);
  await jest.advanceTimersByTimeAsync(2 * SECOND_MS);
  await end(9, new Error('no database'));
  expect(await soFar(ledger.mayPush())).toBe(false);
  const flushed = ledger.flush();
  await jest.advanceTimersByTimeAsync(SECOND_MS);
  await end(10, true);
  expect(await flushed).toBe(false);
  expect(written()).toEqual(Array.from({ length: 11 }, () => range(0, 50)));
});

test('flush writes everything, and says that the lane is still held', async () => {
  const { ledger, pushOn, written, end } = startLedger();
  await pushOn(70);
  const flushed = ledger.flush();
  expect(written()).toEqual([range(0, 50)]);
  await end(0, true);
  expect(written()).toEqual([range(0, 50), range(50, 70)]);
  expect(await soFar(flushed)).toBe('waits');
  await end(1, true);
  expect(await flushed).toBe(true);
  expect(jest.getTimerCount()).toBe(0);
});
