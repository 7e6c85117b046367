import { ConnectionSlots } from '../../../src/db/connectionSlots';

const share = (tenantId: string) => ({ tenantId, flow: '' });

beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate'] }));
afterEach(() => jest.useRealTimers());

test('one tenant has half of the connections at most; another one is served while it waits', async () => {
  const slots = new ConnectionSlots(10);
  const ofA = await Promise.all(Array.from({ length: 5 }, () => slots.take(share('a'))));
  let isServed = false;
  const sixth = slots.take(share('a')).then((seat) => {
    isServed = true;
    return seat;
  });
  const ofB = await slots.take(share('b'));
  expect(isServed).toBe(false);
  slots.leave(ofB);
  for (const seat of ofA.slice(0, 2)) slots.leave(seat);
  await sixth;
  expect(isServed).toBe(true);
});

test('who waits too long is refused, and does not take a connection later', async () => {
  const slots = new ConnectionSlots(1);
  const held = await slots.take(share('a'));
  const refused = expect(slots.take(share('a'))).rejects.toMatchObject({ because: 'too_long' });
  jest.advanceTimersByTime(3000);
  await refused;
  slots.leave(held);
  await expect(slots.take(share('b'))).resolves.toBeDefined();
});

test('beyond a thousand of one tenant that wait, one is refused at once; another tenant waits as before', async () => {
  const slots = new ConnectionSlots(1);
  const held = await slots.take(share('a'));
  const waiting = Array.from({ length: 1000 }, () => slots.take(share('a')).catch(() => undefined));
  await expect(slots.take(share('a'))).rejects.toMatchObject({ because: 'too_many' });
  const ofB = slots.take(share('b'));
  slots.leave(held);
  await expect(ofB).resolves.toBeDefined();
  jest.advanceTimersByTime(3000);
  await Promise.all(waiting);
});
