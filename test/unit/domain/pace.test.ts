import { Pace } from '../../../src/domain/pace';

/** Whether a receiver takes a call at that moment. */
type Limit = (nowMs: number) => boolean;

/** So many in each second of the receiver's clock. */
function fixedWindow(perSecond: number): Limit {
  let second = -1;
  let taken = 0;
  return (nowMs) => {
    const now = Math.floor((nowMs + 777) / 1000);
    if (now !== second) taken = 0;
    second = now;
    return ++taken <= perSecond;
  };
}

/** So many in any second; refused ones count too. */
function slidingLog(perSecond: number): Limit {
  const calls: number[] = [];
  return (nowMs) => {
    while ((calls[0] ?? nowMs) <= nowMs - 1000) calls.shift();
    calls.push(nowMs);
    return calls.length <= perSecond;
  };
}

function tokenBucket(perSecond: number, burst: number): Limit {
  let tokens = burst;
  let filledAtMs = 0;
  return (nowMs) => {
    tokens = Math.min(burst, tokens + ((nowMs - filledAtMs) * perSecond) / 1000);
    filledAtMs = nowMs;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}

const HASTE_MS = 2;

/**
 * Calls one after the other, as fast as the pace allows, in a time of its own; answers come at once.
 *
 * @param ownPerS the first call was refused already, when other processes called too and this one had so many acknowledged.
 */
function callAll(
  limit: Limit,
  wanted: number,
  { retryAfterMs = 1000 as number | null, ownPerS = null as number | null } = {},
) {
  const pace = new Pace();
  if (ownPerS !== null) pace.refuse({ nowMs: 0, begunAtMs: 0, retryAfterMs, acknowledgedPerS: ownPerS });
  const acknowledgedAtMs: number[] = [];
  let isPaced = ownPerS !== null;
  let nowMs = 0;
  let refused = 0;
  while (acknowledgedAtMs.length < wanted && nowMs < 3_600_000) {
    nowMs += isPaced ? Math.max(HASTE_MS, pace.waitMs(nowMs)) : HASTE_MS;
    if (isPaced) pace.take(nowMs);
    if (limit(nowMs)) {
      acknowledgedAtMs.push(nowMs);
      if (isPaced) pace.acknowledge(nowMs);
      continue;
    }
    refused++;
    isPaced = true;
    const acknowledgedPerS = acknowledgedAtMs.filter((at) => at > nowMs - 1000).length;
    pace.refuse({ nowMs, begunAtMs: nowMs, retryAfterMs, acknowledgedPerS });
  }
  return { refused, lastedS: nowMs / 1000, pace };
}

test.each<[string, () => Limit, number]>([
  ['in each second', () => fixedWindow(10), 8],
  ['in any second', () => slidingLog(10), 8],
  ['on average', () => tokenBucket(10, 10), 8],
  ['on average, fifty at once after a rest', () => tokenBucket(10, 50), 8],
])('ten calls a second %s: 200 are taken with few refusals', (_name, limit, atMost) => {
  const { refused, lastedS } = callAll(limit(), 200);
  expect(refused).toBeLessThanOrEqual(atMost);
  expect(lastedS).toBeLessThan(27);
});

test.each([0, 1, 3, 5])(
  'ten calls a second, of which others took the most at first and %d were left for this process: it finds out what is free now',
  (ownPerS) => {
    for (const limit of [fixedWindow(10), slidingLog(10), tokenBucket(10, 10)]) {
      const { refused, lastedS } = callAll(limit, 200, { ownPerS });
      expect(refused).toBeLessThanOrEqual(8);
      expect(lastedS).toBeLessThan(28);
    }
  },
);

test.each([0.2, 1, 3, 10, 100])(
  '%d calls a second: in the long run at most one call in six is refused',
  (perSecond) => {
    const wanted = Math.round(perSecond * 1800);
    const { refused, lastedS } = callAll(tokenBucket(perSecond, Math.max(1, perSecond)), wanted);
    expect(refused).toBeLessThanOrEqual(Math.max(5, wanted / 6));
    expect(lastedS).toBeLessThan(3000);
  },
);

test('a limit that is lifted is soon no limit any more', () => {
  let calls = 0;
  const { pace, lastedS } = callAll(() => calls++ !== 10, 100_000);
  expect(pace.isUnbounded).toBe(true);
  expect(lastedS).toBeLessThan(600);
});

test('without Retry-After the calls of one that refuses everything grow apart, up to a minute', () => {
  const { refused, pace } = callAll(() => false, 1, { retryAfterMs: null });
  expect(refused).toBeLessThan(70);
  expect(pace.isRefusing(3_600_000)).toBe(true);
});

test('it is called again after ten minutes at the latest, whatever it asks for', () => {
  const pace = new Pace();
  pace.refuse({ nowMs: 0, begunAtMs: 0, retryAfterMs: 86_400_000, acknowledgedPerS: 5 });
  expect(pace.waitMs(0)).toBe(600_000);
});

test('refusals of calls that were under way together turn it down once, and the longest wait counts', () => {
  const pace = new Pace();
  for (let i = 0; i < 50; i++) {
    pace.refuse({ nowMs: 100 + i, begunAtMs: 90, retryAfterMs: i * 100, acknowledgedPerS: 10 });
  }
  expect(pace.callsPerSecond).toBeCloseTo(9);
  expect(pace.waitMs(150)).toBe(4899);
});

test('it is refusing only after minutes of nothing but refusals', () => {
  const pace = new Pace();
  const refuse = (nowMs: number) => pace.refuse({ nowMs, begunAtMs: nowMs, retryAfterMs: 1000, acknowledgedPerS: 0 });
  refuse(0);
  refuse(299_000);
  expect(pace.isRefusing(299_000)).toBe(false);
  expect(pace.isRefusing(300_000)).toBe(true);
  pace.acknowledge(300_000);
  refuse(301_000);
  expect(pace.isRefusing(400_000)).toBe(false);
});

test('room is what may begin in a time', () => {
  const pace = new Pace();
  pace.refuse({ nowMs: 0, begunAtMs: 0, retryAfterMs: 1000, acknowledgedPerS: 10 });
  expect(pace.roomWithin(500, 0)).toBe(0);
  expect(pace.roomWithin(500, 900)).toBe(1 + 3);
  expect(pace.roomWithin(500, 1000)).toBe(1 + 4);
});

test('a refused call only came too early while others are acknowledged, or when it was under way beside the first refused one', () => {
  const pace = new Pace();
  const refuse = (nowMs: number, begunAtMs = nowMs - 10) =>
    pace.refuse({ nowMs, begunAtMs, retryAfterMs: 1000, acknowledgedPerS: 10 });
  refuse(1000);
  expect([pace.isServing(995), pace.isServing(2000)]).toEqual([true, false]);
  pace.acknowledge(2000);
  expect(pace.isServing(2100)).toBe(true);
  refuse(2200);
  refuse(4300);
  expect([pace.isServing(4295), pace.isServing(6000)]).toEqual([false, false]);
});
