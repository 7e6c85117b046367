import { createHoldBack } from '../../../src/api/holdBack';

/** So many refusals of one caller at once, and how many of them are answered so far. */
function refusals(holdBack: (who: string) => Promise<void>, { who, count }: { who: string; count: number }) {
  let answered = 0;
  const all = Array.from({ length: count }, () => holdBack(who).then(() => void answered++));
  return { answered: () => answered, all: Promise.all(all) };
}

const turn = () => new Promise(setImmediate);

test('a hundred refusals are answered at once, further ones wait; another caller is not held up', async () => {
  const holdBack = createHoldBack();
  const greedy = refusals(holdBack, { who: 'greedy', count: 200 });
  await turn();
  // Fifty a second are let through meanwhile.
  expect(greedy.answered()).toBeGreaterThanOrEqual(100);
  expect(greedy.answered()).toBeLessThan(150);
  const other = refusals(holdBack, { who: 'other', count: 1 });
  await turn();
  expect(other.answered()).toBe(1);
  await greedy.all;
});

test('a flood over many connections waits too, up to as many as there can be', async () => {
  const holdBack = createHoldBack({ hold: () => new Promise(() => undefined) });
  const greedy = refusals(holdBack, { who: 'greedy', count: 4000 });
  await turn();
  expect(greedy.answered()).toBeLessThan(1000);
  const further = refusals(holdBack, { who: 'greedy', count: 4000 });
  await turn();
  expect(greedy.answered() + further.answered()).toBeGreaterThanOrEqual(3000);
});

test('what is held is held for different times, so that a flood does not come back in one moment', async () => {
  const times: number[] = [];
  const holdBack = createHoldBack({
    hold: (ms) => {
      times.push(ms);
      return Promise.resolve();
    },
  });
  for (let count = 0; count < 400; count++) await holdBack('greedy');
  expect(times.length).toBeGreaterThanOrEqual(250);
  const quarters = new Set(times.map((ms) => Math.floor((ms - 500) / 250)));
  expect(quarters).toEqual(new Set([0, 1, 2, 3]));
});

test('more connections do not get a caller more refusals a second, and nobody waits longer than six seconds', async () => {
  const times: number[] = [];
  const holdBack = createHoldBack({
    hold: (ms) => {
      times.push(ms);
      return new Promise(() => undefined);
    },
  });
  for (let count = 0; count < 500; count++) void holdBack('greedy');
  await turn();
  const last = times.slice(-200);
  expect(Math.min(...last)).toBeGreaterThanOrEqual(2000);
  expect(Math.max(...last)).toBeLessThanOrEqual(6000);
});
