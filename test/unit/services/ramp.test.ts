import { Bell } from '../../../src/services/draining/bell';
import { Ramp } from '../../../src/services/draining/ramp';

test('one at once, then twice as many each round, up to the limit', () => {
  const ramp = new Ramp();
  const rounds: number[] = [];
  for (let round = 0; round < 6; round++) {
    const width = ramp.under(10);
    rounds.push(width);
    for (let i = 0; i < width; i++) ramp.grow();
  }
  expect(rounds).toEqual([1, 2, 4, 8, 10, 10]);
});

test('a limit that becomes smaller holds at once', () => {
  const ramp = new Ramp();
  for (let i = 0; i < 20; i++) ramp.grow();
  expect(ramp.under(10)).toBe(10);
  expect(ramp.under(3)).toBe(3);
});

test('a bell that rang while nobody waited is heard once', async () => {
  const bell = new Bell();
  bell.ring();
  const startedAt = performance.now();
  await bell.wait(60_000);
  const waiting = bell.wait(60_000);
  setImmediate(() => bell.ring());
  await waiting;
  await bell.wait(1);
  expect(performance.now() - startedAt).toBeLessThan(60_000);
});
