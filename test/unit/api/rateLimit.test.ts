import { createRateLimit } from '../../../src/api/rateLimit';
import { rateLimitHeaders } from '../../../src/api/rateLimitHeaders';

function limit(options: { perSecond: number; burst: number; maxBuckets?: number }) {
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

test('what is left, and the headers that say so', () => {
  const clock = { ms: 0 };
  const calls = createRateLimit({ perSecond: 10, burst: 20, nowMs: () => clock.ms });
  expect(rateLimitHeaders(calls, 'k')).toEqual({
    'ratelimit-policy': '"calls";q=20;w=2',
    ratelimit: '"calls";r=20;t=0',
  });
  for (let call = 0; call < 20; call++) calls.take('k');
  expect(rateLimitHeaders(calls, 'k')).toMatchObject({ ratelimit: '"calls";r=0;t=2' });
  clock.ms = 550;
  expect(calls.left('k')).toBeCloseTo(5.5);
  expect(rateLimitHeaders(calls, 'k')).toMatchObject({ ratelimit: '"calls";r=5;t=2' });
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

test('tokens are taken together, or not at all', () => {
  const { clock, take } = limit({ perSecond: 10, burst: 20 });
  expect(take('k', 15)).toBe(0);
  expect(take('k', 15)).toBeCloseTo(1);
  expect(take('k', 5)).toBe(0);
  clock.ms = 1500;
  expect(take('k', 15)).toBe(0);
});

describe('when there are too many buckets', () => {
  test('one in use stays empty, however many other keys come', () => {
    const { take } = limit({ perSecond: 1, burst: 1, maxBuckets: 100 });
    take('greedy');
    for (let other = 0; other < 1000; other++) {
      take(`other ${other}`);
      expect(take('greedy')).toBeGreaterThan(0);
    }
  });

  test('a full one goes before an empty one that was used less recently', () => {
    const { clock, take } = limit({ perSecond: 1, burst: 10, maxBuckets: 2 });
    take('empty', 10);
    take('nearly full');
    clock.ms = 1000;
    take('new');
    expect(take('empty', 2)).toBeGreaterThan(0);
  });
});
