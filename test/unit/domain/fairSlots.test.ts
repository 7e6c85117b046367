import { FairSlots, type Seat } from '../../../src/domain/fairness/fairSlots';

function recording(options: { slots: number; perFlow?: boolean }) {
  const slots = new FairSlots(options);
  const started: string[] = [];
  const enter = (name: string, { tenantId = 'a', flow = 'f' } = {}): Seat => {
    const seat = { tenantId, flow, start: () => void started.push(name) };
    slots.enter(seat);
    return seat;
  };
  const many = (count: number, share: { tenantId?: string; flow?: string }) =>
    Array.from({ length: count }, (_, i) => enter(`${share.tenantId ?? 'a'}${share.flow ?? ''}${i}`, share));
  return { slots, started, enter, many };
}

test('a tenant that is alone gets half', () => {
  const { slots, many } = recording({ slots: 10 });
  many(20, {});
  expect(slots.heldBy('a')).toBe(5);
  expect(slots.waitingCount).toBe(15);
});

test('whatever a tenant holds for ever, the next one gets slots at once', () => {
  const { slots, many } = recording({ slots: 12 });
  many(50, { tenantId: 'a' });
  many(50, { tenantId: 'b' });
  many(50, { tenantId: 'c' });
  expect(['a', 'b', 'c'].map((tenant) => slots.heldBy(tenant))).toEqual([6, 3, 2]);
});

test('as slots come back, tenants come to equal parts', () => {
  const { slots, many } = recording({ slots: 12 });
  const seats = many(50, { tenantId: 'a' });
  many(50, { tenantId: 'b' });
  for (const seat of seats.slice(0, 6)) slots.leave(seat);
  expect(slots.heldBy('a')).toBe(4);
  expect(slots.heldBy('b')).toBeGreaterThanOrEqual(4);
});

test('one slot goes to whoever comes, and to the other one next', () => {
  const { slots, started, many } = recording({ slots: 1 });
  const [first] = many(2, { tenantId: 'a' });
  many(1, { tenantId: 'b' });
  expect(started).toEqual(['a0']);
  slots.leave(first as Seat);
  expect(started).toEqual(['a0', 'b0']);
});

test('with perFlow a flow cannot take all that its tenant may have', () => {
  const { slots, started, many } = recording({ slots: 12, perFlow: true });
  many(50, { flow: 'x' });
  expect(slots.heldBy('a')).toBe(4);
  many(50, { flow: 'y' });
  expect(started.filter((name) => name.startsWith('ay')).length).toBeGreaterThan(0);
});

test('who is withdrawn is not started; who has started cannot be', () => {
  const { slots, started, many } = recording({ slots: 2 });
  const [first, second] = many(2, {}) as [Seat, Seat];
  expect(slots.withdraw(first)).toBe(false);
  expect(slots.withdraw(second)).toBe(true);
  slots.leave(first);
  expect(started).toEqual(['a0']);
  expect([slots.heldCount, slots.waitingCount]).toEqual([0, 0]);
});

test('run holds its slot until the work has ended, also when it failed', async () => {
  const slots = new FairSlots({ slots: 1 });
  const order: string[] = [];
  const failing = slots.run({ tenantId: 'a', flow: 'f' }, async () => {
    order.push('first');
    throw new Error('as planned');
  });
  const after = slots.run({ tenantId: 'a', flow: 'f' }, async () => order.push('second'));
  expect(order).toEqual(['first']);
  await expect(failing).rejects.toThrow('as planned');
  await after;
  expect(order).toEqual(['first', 'second']);
  expect(slots.heldCount).toBe(0);
});

test('who does not wait gets a slot only while it is within its share', () => {
  const { slots, started, enter } = recording({ slots: 4 });
  expect([slots.tryEnter({ tenantId: 'a', flow: 'f' }), slots.tryEnter({ tenantId: 'a', flow: 'f' })]).toEqual([
    true,
    true,
  ]);
  expect(slots.tryEnter({ tenantId: 'a', flow: 'f' })).toBe(false);
  expect(slots.tryEnter({ tenantId: 'b', flow: 'f' })).toBe(true);
  slots.leave({ tenantId: 'a', flow: 'f' });
  enter('a1');
  expect(started).toEqual(['a1']);
});
