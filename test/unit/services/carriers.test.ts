import type { ConsignmentInput, DeliveryInput } from '../../../src/contracts/carrying';
import { Carriers, MAX_CONSIGNMENT } from '../../../src/services/carriers/carriers';

/** Temporal, as far as carriers ask it; each start ends when it is told to. */
function held({ attempting = true } = {}) {
  const started: (DeliveryInput | ConsignmentInput)[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const start = (input: DeliveryInput | ConsignmentInput) => {
    started.push(input);
    return new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())));
  };
  const faults: number[] = [];
  const unused = async () => {
    throw new Error('not asked for here');
  };
  const carriers = new Carriers({
    workflows: {
      startDelivery: start,
      startConsignment: start,
      startFanOut: unused,
      wakeLane: unused,
      signalDelivery: unused,
      isDeliveryOpen: unused,
    },
    attempting,
    onFault: (_, deliveries) => faults.push(deliveries),
  });
  const end = async (error?: Error) => {
    ends.shift()?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const sizes = () => started.map((input) => ('deliveryIds' in input ? input.deliveryIds.length : 1));
  return { carriers, started, faults, end, sizes };
}

const delivery = (n: number, onOwnWorkflow?: () => void) => ({
  deliveryId: `d${n}`,
  generation: 1,
  subject: { tenantId: 't', appId: 'a', subscriptionId: 's', topic: 'gs', callbackHost: 'h' },
  onOwnWorkflow,
});
const until = async (condition: () => boolean) => {
  const deadline = performance.now() + 5000;
  while (!condition() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(condition()).toBe(true);
};

test('alone a delivery has a workflow of its own at once; what comes meanwhile shares the next', async () => {
  const { carriers, end, sizes } = held();
  const own: number[] = [];
  carriers.carry(delivery(0, () => own.push(0)));
  await until(() => sizes().length === 1);
  for (let n = 1; n <= MAX_CONSIGNMENT + 50; n++) carriers.carry(delivery(n, () => own.push(n)));
  for (let starts = 2; starts <= 3; starts++) {
    await end();
    await until(() => sizes().length === starts);
  }
  await end();
  expect(sizes()).toEqual([1, MAX_CONSIGNMENT, 50]);
  expect(own).toEqual([0]);
  await carriers.idle();
});

describe('after a hundred', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
  afterEach(() => jest.useRealTimers());

  test.each([
    { who: 'who attempts itself', attempting: true, spacingMs: 500 },
    { who: 'whose first attempts wait for their workflow', attempting: false, spacingMs: 200 },
  ])('the next start of one $who waits $spacingMs ms', async ({ attempting, spacingMs }) => {
    const { carriers, end, sizes } = held({ attempting });
    for (let n = 0; n < 100; n++) carriers.carry(delivery(n));
    await jest.advanceTimersByTimeAsync(3);
    expect(sizes()).toEqual([100]);
    carriers.carry(delivery(100));
    await end();
    await jest.advanceTimersByTimeAsync(spacingMs - 1);
    expect(sizes()).toEqual([100]);
    await jest.advanceTimersByTimeAsync(1);
    expect(sizes()).toEqual([100, 1]);
    await end();
  });
});

test('a single one that gathers has a workflow of its own too', async () => {
  const { carriers, started, end } = held();
  const own: number[] = [];
  carriers.carry(delivery(1, () => own.push(1)));
  await until(() => started.length === 1);
  carriers.carry(delivery(2, () => own.push(2)));
  await end();
  await until(() => started.length === 2);
  expect(started[1]).toMatchObject({ deliveryId: 'd2' });
  expect(own).toEqual([1, 2]);
  await end();
  await carriers.idle();
});

test('carried alone: at most two starts at once, and out of what gathers', async () => {
  const { carriers, started, end, sizes } = held();
  carriers.carry(delivery(0));
  await until(() => started.length === 1);
  carriers.carry(delivery(1));
  carriers.carryAlone(delivery(1));
  for (let n = 2; n < 15; n++) carriers.carryAlone(delivery(n));
  expect(started).toHaveLength(3);
  for (let i = 0; i < 15; i++) await end();
  await carriers.idle();
  expect(sizes()).toEqual(new Array(15).fill(1));
});

test('a start that fails is reported with how many it concerns, and the next is tried', async () => {
  const { carriers, faults, end, sizes } = held();
  for (let n = 0; n < 30; n++) carriers.carry(delivery(n));
  await until(() => sizes().length === 1);
  await end(new Error('Temporal is away'));
  await until(() => faults.length === 1);
  expect(faults).toEqual([30]);
  await carriers.idle();
  carriers.carryAlone(delivery(99));
  await end(new Error('Temporal is away'));
  expect(faults).toEqual([30, 1]);
  await carriers.idle();
});

test('while Temporal does not answer, what waits is bounded', async () => {
  const { carriers, end, sizes } = held();
  for (let n = 0; n < 6000; n++) carriers.carry(delivery(n));
  for (let n = 6000; n < 12_000; n++) carriers.carryAlone(delivery(n));
  let isIdle = false;
  void carriers.idle().then(() => {
    isIdle = true;
  });
  while (!isIdle) await end();
  expect(sizes().reduce((sum, size) => sum + size, 0)).toBe(10_000 + 2);
}, 30_000);
