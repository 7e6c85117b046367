import { setImmediate } from 'node:timers/promises';
import { CallPaces } from '../../../src/services/callPaces';
import { LightPublishes } from '../../../src/services/writers/lightPublishes';

const QUICK_MS = 5;
const SLOW_MS = 60;
const STEP_MS = 10;

interface Passing {
  /** What the publishes of `b` take. */
  tookMs: number;
  /** Tenants that make calls of 10 ms, one after the other. Default `['a']`. */
  calling?: string[];
}

/** On a clock of the test's own. */
function watched() {
  let nowMs = 0;
  let sleeping: { untilMs: number; wake: () => void }[] = [];
  const sleep = (ms: number) => new Promise<void>((wake) => sleeping.push({ untilMs: nowMs + ms, wake }));
  const light = new LightPublishes(() => nowMs);
  const paces = new CallPaces(light, () => nowMs, sleep);
  const step = async () => {
    nowMs += STEP_MS;
    const due = sleeping.filter(({ untilMs }) => untilMs <= nowMs);
    sleeping = sleeping.filter(({ untilMs }) => untilMs > nowMs);
    for (const { wake } of due) wake();
    await setImmediate();
  };
  /** @returns calls a second, of each tenant. */
  const pass = async (ms: number, { tookMs, calling = ['a'] }: Passing): Promise<Record<string, number>> => {
    const endMs = nowMs + ms;
    const calls: Record<string, number> = {};
    const callers = calling.map(async (tenant) => {
      calls[tenant] = 0;
      while (nowMs < endMs) {
        const spent = await paces.next(tenant, 'other');
        await sleep(STEP_MS);
        spent(STEP_MS);
        calls[tenant] += 1000 / ms;
      }
    });
    while (nowMs < endMs) {
      light.observe('b', tookMs);
      await step();
    }
    // Those that wait still, until they are through.
    while (sleeping.length > 0) await step();
    await Promise.all(callers);
    return calls;
  };
  return { paces, pass, step };
}

test('calls do not wait while nobody else publishes', async () => {
  const { pass } = watched();
  const calls = await pass(5000, { tookMs: QUICK_MS, calling: ['b'] });
  expect(calls.b).toBeGreaterThan(95);
});

test('beside others a tenant begins with half of a second each second, and has more while they are not slowed', async () => {
  const { pass } = watched();
  await pass(1000, { tookMs: QUICK_MS, calling: [] });
  const first = await pass(1000, { tookMs: QUICK_MS });
  expect(first.a).toBeGreaterThan(40);
  expect(first.a).toBeLessThan(75);
  await pass(10_000, { tookMs: QUICK_MS });
  const later = await pass(1000, { tookMs: QUICK_MS });
  expect(later.a).toBeGreaterThan(95);
});

test('who slows others is turned down to a quarter of a second each second', async () => {
  const { pass } = watched();
  await pass(10_000, { tookMs: QUICK_MS });
  await pass(3000, { tookMs: SLOW_MS });
  const least = await pass(3000, { tookMs: SLOW_MS });
  expect(least.a).toBeGreaterThan(20);
  expect(least.a).toBeLessThan(35);
});

test('the busiest is turned down, and nobody below another', async () => {
  const { pass } = watched();
  const both = ['a', 'c'];
  await pass(10_000, { tookMs: QUICK_MS, calling: both });
  await pass(3000, { tookMs: SLOW_MS, calling: both });
  const calls = await pass(3000, { tookMs: SLOW_MS, calling: both });
  expect((calls.a ?? 0) + (calls.c ?? 0)).toBeGreaterThan(45);
  expect(calls.a).toBeGreaterThan(20);
  expect(calls.c).toBeGreaterThan(20);
});

test('calls that would wait for more than three seconds are refused, of this tenant alone', async () => {
  const { paces, pass, step } = watched();
  await pass(10_000, { tookMs: QUICK_MS });
  await pass(5000, { tookMs: SLOW_MS });
  const spend = async () => (await paces.next('a', 'list'))(100);
  const waiting = Promise.allSettled(Array.from({ length: 50 }, spend));
  for (let i = 0; i < 400; i++) await step();
  const refused = (await waiting).flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refused.length).toBeGreaterThan(30);
  expect(refused.length).toBeLessThan(50);
  expect(refused[0]).toMatchObject({ name: 'ShareExhausted', because: 'too_many' });
  await expect(paces.next('c', 'list')).resolves.toBeDefined();
});

test('when turning down does not help, the times themselves are slow: who calls is turned up again', async () => {
  const { pass } = watched();
  await pass(10_000, { tookMs: QUICK_MS });
  await pass(120_000, { tookMs: SLOW_MS });
  const calls = await pass(2000, { tookMs: SLOW_MS });
  expect(calls.a).toBeGreaterThan(60);
});
