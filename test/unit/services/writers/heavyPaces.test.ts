import { HeavyPaces } from '../../../../src/services/writers/heavyPaces';
import { LightPublishes } from '../../../../src/services/writers/lightPublishes';

const QUICK_MS = 5;
const SLOW_MS = 200;

/** Paces on a clock of the test's own; `b` publishes a light event every 20 ms where it is told to. */
function watched() {
  let nowMs = 0;
  const light = new LightPublishes(() => nowMs);
  const paces = new HeavyPaces(light, () => nowMs);
  const pass = (ms: number, each?: () => void) => {
    for (const endMs = nowMs + ms; nowMs < endMs; ) {
      nowMs += 20;
      each?.();
    }
  };
  /** `a` writes as much as it may, while light publishes of `by` take so long. @returns deliveries a second. */
  const flood = (ms: number, { tookMs = QUICK_MS, by = ['b'] }: { tookMs?: number; by?: string[] } = {}): number => {
    let deliveries = 0;
    pass(ms, () => {
      for (const tenant of by) light.observe(tenant, tookMs);
      if (paces.waitMs('a') > 0) return;
      const written = Math.min(5000, paces.atOnce('a'));
      deliveries += written;
      paces.wrote('a', { deliveries: written, tookMs: 1 });
    });
    return (deliveries * 1000) / ms;
  };
  return { light, paces, pass, flood };
}

test('a tenant that is alone, or publishes beside its own light events alone, never waits', () => {
  const { paces, flood } = watched();
  flood(2000, { by: [] });
  flood(2000, { by: ['a'], tookMs: SLOW_MS });
  expect(paces.waitMs('a')).toBe(0);
  expect(paces.atOnce('a')).toBe(Number.POSITIVE_INFINITY);
});

test('beside others it begins slowly, and goes faster while they are not slowed', () => {
  const { light, pass, flood } = watched();
  pass(1000, () => light.observe('b', QUICK_MS));
  const first = flood(1000);
  expect(first).toBeGreaterThan(200);
  expect(first).toBeLessThan(500);
  flood(20_000);
  expect(flood(1000)).toBeGreaterThan(2000);
});

test('one that slows others is turned down, to the least at last, and up again when it slows them no more', () => {
  const { flood } = watched();
  flood(10_000);
  flood(10_000, { tookMs: SLOW_MS });
  const least = flood(10_000, { tookMs: SLOW_MS });
  expect(least).toBeGreaterThan(30);
  expect(least).toBeLessThan(80);
  flood(10_000);
  expect(flood(1000)).toBeGreaterThan(500);
});

test('it is not turned down below what the busiest of the others has', () => {
  const { flood } = watched();
  const busy = Array(8).fill('b');
  flood(20_000, { by: busy, tookMs: SLOW_MS });
  expect(flood(10_000, { by: busy, tookMs: SLOW_MS })).toBeGreaterThan(200);
});

test('others whose publishes do not come back for a while still count; when they have gone it is free', () => {
  const { light, paces, pass, flood } = watched();
  flood(5000, { tookMs: SLOW_MS });
  pass(1000);
  paces.wrote('a', { deliveries: 100, tookMs: 1 });
  expect(paces.waitMs('a')).toBeGreaterThan(0);
  pass(11_000, () => light.observe('a', QUICK_MS));
  expect(paces.waitMs('a')).toBe(0);
  expect(paces.atOnce('a')).toBe(Number.POSITIVE_INFINITY);
});

test('what comes before its time is one delivery; a statement that took long for little costs its time', () => {
  const { paces, flood } = watched();
  flood(200);
  paces.wrote('a', { deliveries: 1, tookMs: 1000 });
  expect(paces.waitMs('a')).toBeGreaterThan(2000);
  expect(paces.atOnce('a')).toBe(1);
});

test('a slow database is no reason: what light publishes take beside no heavy writes counts', () => {
  const { light, pass, flood } = watched();
  pass(20_000, () => light.observe('b', SLOW_MS));
  flood(20_000, { tookMs: SLOW_MS });
  expect(flood(1000, { tookMs: SLOW_MS })).toBeGreaterThan(2000);
});
