import { cachedFor } from '../../../src/services/cachedFor';

test('who asks while the question is under way, or soon after, shares its answer', async () => {
  let asked = 0;
  const ask = cachedFor(60_000, async () => ++asked);
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  expect(await ask()).toBe(1);
});

test('after its time it is asked again, and a fault is not kept', async () => {
  let asked = 0;
  const ask = cachedFor(0, async () => ++asked);
  await ask();
  expect(await ask()).toBe(2);
  const failing = cachedFor(60_000, async () => {
    if (++asked < 4) throw new Error('away');
    return asked;
  });
  await expect(failing()).rejects.toThrow('away');
  expect(await failing()).toBe(4);
});
