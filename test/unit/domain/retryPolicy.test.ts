import {
  attemptsAllowed,
  expiresAfterMs,
  nextWaitMs,
  policyDurationMs,
  type RetryPolicy,
  waitsOf,
} from '../../../src/domain/retryPolicy';

const HOUR_MS = 3_600_000;
const wait = (
  policy: RetryPolicy,
  failures: number,
  more: { retryAfterMs?: number; random?: number; isNative?: boolean; isTooEarly?: boolean } = {},
) => nextWaitMs({ policy, failures, retryAfterMs: null, random: 0.5, ...more });

test('gateway: 16 repeats in 4 h 45 min 40 s, as published, without jitter', () => {
  const waits = waitsOf('gateway');
  const minutes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30];
  expect(waits).toEqual([10, 30, ...minutes.map((m) => m * 60), 3600, 7200]);
  expect(waits).toHaveLength(16);
  expect(waits.reduce((sum, s) => sum + s)).toBe(4 * 3600 + 45 * 60 + 40);
  for (const random of [0, 0.25, 0.999]) expect(wait('gateway', 1, { random })).toBe(10_000);
});

test('push: 10 s, 30 s, 1, 2, 5 min', () => {
  expect(waitsOf('push')).toEqual([10, 30, 60, 120, 300]);
});

test.each([
  ['gateway', 17],
  ['push', 6],
  [[], 1],
  [[1, 2], 3],
] as [RetryPolicy, number][])('%j allows %i attempts', (policy, attempts) => {
  expect(attemptsAllowed(policy)).toBe(attempts);
  expect(wait(policy, attempts)).toBeNull();
  expect(attempts === 1 || wait(policy, attempts - 1) !== null).toBe(true);
});

test('jitter keeps within a tenth and reaches both of its ends', () => {
  expect(wait([100], 1, { random: 0 })).toBe(90_000);
  expect(wait([100], 1, { random: 0.5 })).toBe(100_000);
  expect(wait('push', 1, { random: 0.999999 })).toBe(11_000);
});

test("native subscriptions have jitter with every schedule: the gateway's is their default", () => {
  expect(wait('gateway', 1, { isNative: true, random: 0 })).toBe(9000);
  expect(wait('gateway', 3, { isNative: true, random: 0.999999 })).toBe(66_000);
  expect(wait('gateway', 1, { isNative: true, random: 0, retryAfterMs: 10_000 })).toBe(10_000);
});

test('a native delivery that only came too early waits a second, and no more often than its policy allows', () => {
  const tooEarly = { isNative: true, isTooEarly: true };
  expect(wait('gateway', 5, tooEarly)).toBe(1000);
  expect(wait('gateway', 5, { ...tooEarly, retryAfterMs: 60_000 })).toBe(60_000);
  expect(wait([30, 0.5], 2, tooEarly)).toBe(500);
  expect(wait('gateway', 17, tooEarly)).toBeNull();
  // Published waits are what they are.
  expect(wait('gateway', 5, { isTooEarly: true })).toBe(180_000);
});

test('Retry-After lengthens a wait, never shortens it, and not beyond 24 h', () => {
  expect(wait('gateway', 1, { retryAfterMs: 60_000 })).toBe(60_000);
  expect(wait('gateway', 1, { retryAfterMs: 5000 })).toBe(10_000);
  expect(wait('gateway', 1, { retryAfterMs: 0 })).toBe(10_000);
  expect(wait('gateway', 1, { retryAfterMs: 48 * HOUR_MS })).toBe(24 * HOUR_MS);
  expect(wait([86_400], 1, { retryAfterMs: 48 * HOUR_MS, random: 0.75 })).toBe(Math.round(1.05 * 24 * HOUR_MS));
});

test('Retry-After does not prolong a policy that is used up', () => {
  expect(wait([1], 2, { retryAfterMs: 1000 })).toBeNull();
});

test.each([
  ['gateway', 17_140_000],
  ['push', 520_000],
  [[], 0],
  [[1, 2], 3000],
] as [RetryPolicy, number][])('%j lasts %i ms', (policy, durationMs) => {
  expect(policyDurationMs(policy)).toBe(durationMs);
});

test('for a sick receiver a delivery waits as long as its policy lasts, and at least an hour', () => {
  expect(expiresAfterMs('push')).toBe(HOUR_MS);
  expect(expiresAfterMs([])).toBe(HOUR_MS);
  expect(expiresAfterMs('gateway')).toBe(17_140_000);
});
