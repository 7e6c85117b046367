import type { DeliveryToAttempt } from '../../../src/domain/delivery';
import { ClaimKeeper } from '../../../src/services/attempts/claimKeeper';

const deliveryOf = (deliveryId: string) => ({ deliveryId }) as DeliveryToAttempt;
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
};

test('renews what is undecided, again and again, and nothing that is decided', async () => {
  const renewed: string[][] = [];
  const keeper = new ClaimKeeper({
    renew: async (held) => void renewed.push(held.map(({ deliveryId }) => deliveryId)),
    onFault: () => undefined,
    renewEveryMs: 2,
  });
  let decide = () => {};
  const decided = new Promise<void>((resolve) => {
    decide = resolve;
  });
  let end = () => {};
  keeper.keep(
    deliveryOf('one'),
    new Promise<void>((resolve) => {
      end = resolve;
    }),
  );
  keeper.keep(deliveryOf('two'), decided);
  await until(() => renewed.length >= 2);
  expect(renewed[0]).toEqual(['one', 'two']);
  decide();
  await decided;
  renewed.length = 0;
  await until(() => renewed.length >= 1);
  expect(renewed[0]).toEqual(['one']);
  end();
});

test('reports a renewal that failed and goes on', async () => {
  const faults: unknown[] = [];
  const keeper = new ClaimKeeper({
    renew: () => Promise.reject(new Error('PostgreSQL is away')),
    onFault: (error) => faults.push(error),
    renewEveryMs: 2,
  });
  let decide = () => {};
  const decided = new Promise<void>((resolve) => {
    decide = resolve;
  });
  keeper.keep(deliveryOf('one'), decided);
  await until(() => faults.length >= 2);
  decide();
});
