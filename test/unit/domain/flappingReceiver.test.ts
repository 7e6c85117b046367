import { createRandom } from '../../../faults/random';
import { judge } from '../../../src/domain/judgement';
import { probeWaitMs } from '../../../src/domain/receiverPresence';
import { attemptsAllowed } from '../../../src/domain/retryPolicy';

/**
 * A receiver that is down for 15 s and up for 15 s, again and again. The waits from the third on are multiples of these 30 s:
 * without jitter, what is met down at first is met down for ever.
 */
const DOWN_MS = 15_000;
const PERIOD_MS = 30_000;
const SEEDS = 1000;
/** Between them and the second attempt, 10 s later, the receiver does not come up. */
const FIRST_ATTEMPTS_MS = [0, 1000, 2000, 3000, 4000];

const isUp = (atMs: number) => atMs % PERIOD_MS >= DOWN_MS;

interface Flight {
  isNative: boolean;
  startMs: number;
  random(): number;
}

/** @returns the number of the attempt that was acknowledged, or null: the policy was used up. */
function attemptsUntilDelivered({ isNative, startMs, random }: Flight): number | null {
  let atMs = startMs;
  for (let failuresBefore = 0; ; failuresBefore++) {
    const isAcknowledged = isUp(atMs);
    const answer = { statusCode: isAcknowledged ? 200 : null, isAcknowledged, retryAfterMs: null };
    const verdict = judge({ answer, policy: 'gateway', failuresBefore, random: random(), isNative });
    if (verdict.state === 'delivered') return failuresBefore + 1;
    if (verdict.state === 'failed') return null;
    atMs += verdict.waitMs;
  }
}

function probesUntilUp(startMs: number, random: () => number): number | null {
  let atMs = startMs;
  for (let failedProbes = 0; failedProbes < 100; failedProbes++) {
    atMs += probeWaitMs({ failedProbes, retryAfterMs: null, random: random() });
    if (isUp(atMs)) return failedProbes + 1;
  }
  return null;
}

const overAll = <T>(make: (startMs: number, random: () => number) => T): T[] =>
  FIRST_ATTEMPTS_MS.flatMap((startMs) =>
    Array.from({ length: SEEDS }, (_, seed) => make(startMs, createRandom({ seed, stream: 'flapping' }).next)),
  );

/** The numbers that the middle one and all but one in a hundred keep to, and the largest; each at most its bound. */
function expectWithin(numbers: (number | null)[], bounds: { half: number; nearlyAll: number; all: number }): void {
  const sorted = numbers.map((number) => number ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.ceil(sorted.length * part) - 1];
  expect(at(0.5)).toBeLessThanOrEqual(bounds.half);
  expect(at(0.99)).toBeLessThanOrEqual(bounds.nearlyAll);
  expect(at(1)).toBeLessThanOrEqual(bounds.all);
}

test('every native delivery meets it up before its policy is used up, half of them by the fifth attempt', () => {
  const flights = overAll((startMs, random) => attemptsUntilDelivered({ isNative: true, startMs, random }));
  expectWithin(flights, { half: 5, nearlyAll: 11, all: attemptsAllowed('gateway') });
});

test('by the published waits of the gateway, which have no jitter, none ever does', () => {
  const flights = overAll((startMs, random) => attemptsUntilDelivered({ isNative: false, startMs, random }));
  expect(new Set(flights)).toEqual(new Set([null]));
});

test('the probes of a sick receiver meet it up too; without their jitter none ever did', () => {
  expectWithin(overAll(probesUntilUp), { half: 4, nearlyAll: 9, all: 20 });
  expect(new Set(overAll((startMs) => probesUntilUp(startMs, () => 0.5)))).toEqual(new Set([null]));
});
