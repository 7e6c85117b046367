import { repeat } from '../../../faults/soak/load/repeat';

const NEVER_MS = 2 ** 30;

test('round after round, until it is stopped', async () => {
  let rounds = 0;
  let reachThree = () => {};
  const three = new Promise<void>((resolve) => {
    reachThree = resolve;
  });
  const repeated = repeat(
    async () => {
      if (++rounds === 3) reachThree();
    },
    { pauseMs: 1 },
  );
  await three;
  await repeated.stop();
  const stoppedAt = rounds;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(rounds).toBe(stoppedAt);
});

test('stopped in the midst of a round it waits for its end, in a pause it does not', async () => {
  let finish = () => {};
  let isOver = false;
  const repeated = repeat(
    async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      isOver = true;
    },
    { pauseMs: NEVER_MS },
  );
  const stopped = repeated.stop();
  finish();
  await stopped;
  expect(isOver).toBe(true);

  const pausing = repeat(async () => {}, { pauseMs: NEVER_MS });
  await new Promise((resolve) => setImmediate(resolve));
  await pausing.stop();
});

test('what a round has failed with is told to who stops it', async () => {
  const repeated = repeat(() => Promise.reject(new Error('the load is gone')), { pauseMs: 1 });
  await expect(repeated.stop()).rejects.toThrow('the load is gone');
});
