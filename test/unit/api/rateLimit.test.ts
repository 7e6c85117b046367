import { createRateLimit } from '../../../src/api/rateLimit';

function limit(options: { perSecond: number; burst: number }) {
  const clock = { ms: 0 };
  return { clock, ...createRateLimit({ ...options, nowMs: () => clock.ms }) };
}

test('a burst, and then so many a second', () => {
  const { clock, take } = limit({ perSecond: 10, burst: 20 });
  expect(Array.from({ length: 20 }, () => take('k'))).toEqual(Array(20).fill(0));
  expect(take('k')).toBeCloseTo(0.1);
  clock.ms = 99;
  expect(take('k')).toBeGreaterThan(0);
  clock.ms = 101;
  expect(take('k')).toBe(0);
  expect(take('k')).toBeGreaterThan(0);
});

test('what is refused costs nothing', () => {
  const { clock, take } = limit({ perSecond: 1, burst: 1 });
  take('k');
  for (let call = 0; call < 100; call++) expect(take('k')).toBeGreaterThan(0);
  clock.ms = 1001;
  expect(take('k')).toBe(0);
});

test('a bucket does not fill beyond its burst', () => {
  const { clock, take } = limit({ perSecond: 10, burst: 2 });
  take('k');
  clock.ms = 3_600_000;
  expect([take('k'), take('k')]).toEqual([0, 0]);
  expect(take('k')).toBeGreaterThan(0);
});

test('keys do not share a bucket', () => {
  const { take } = limit({ perSecond: 1, burst: 1 });
  expect([take('a'), take('b')]).toEqual([0, 0]);
});
