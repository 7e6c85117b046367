import { FairQueue } from '../../../src/domain/fairness/fairQueue';

function fill(queue: FairQueue<string>, tenantId: string, names: string[], { flow = 'f', cost = 1 } = {}) {
  for (const name of names) queue.push(name, { tenantId, flow, cost });
}

const rest = (queue: FairQueue<string>) => Array.from({ length: queue.size }, () => queue.shift());
const named = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

test('tenants take turns, whoever came first with how much; each in its own order', () => {
  const queue = new FairQueue<string>();
  fill(queue, 'a', named('a', 4));
  fill(queue, 'b', named('b', 2));
  expect(rest(queue)).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'a3']);
  expect(queue.size).toBe(0);
  expect(queue.shift()).toBeUndefined();
});

test('a tenant with many flows gets no more than one with one; its flows take turns', () => {
  const queue = new FairQueue<string>();
  for (const flow of ['x', 'y']) fill(queue, 'a', named(flow, 2), { flow });
  fill(queue, 'b', named('b', 4));
  expect(rest(queue)).toEqual(['x0', 'b0', 'y0', 'b1', 'x1', 'b2', 'y1', 'b3']);
});

test('a turn costs what its work weighs', () => {
  const queue = new FairQueue<string>();
  fill(queue, 'a', named('a', 2), { cost: 3 });
  fill(queue, 'b', named('b', 5));
  expect(rest(queue)).toEqual(['a0', 'b0', 'b1', 'b2', 'a1', 'b3', 'b4']);
});

test('who puts in one at a time, and each time again, gets ahead of nobody', () => {
  const queue = new FairQueue<string>();
  fill(queue, 'a', ['a0'], { cost: 10 });
  fill(queue, 'b', named('b', 20));
  const served: (string | undefined)[] = [];
  for (let turn = 0; turn < 20; turn++) {
    const item = queue.shift();
    served.push(item);
    if (item?.startsWith('a')) fill(queue, 'a', [item], { cost: 10 });
  }
  expect(served.filter((item) => item?.startsWith('a'))).toHaveLength(2);
});

test('who was away has saved nothing up', () => {
  const queue = new FairQueue<string>();
  fill(queue, 'a', named('a', 10));
  for (let turn = 0; turn < 5; turn++) queue.shift();
  fill(queue, 'b', named('b', 5));
  const next = [queue.shift(), queue.shift(), queue.shift(), queue.shift()];
  expect(next.filter((item) => item?.startsWith('b'))).toHaveLength(2);
});

test('who may not have another one is passed over and keeps its turn', () => {
  const queue = new FairQueue<string>();
  fill(queue, 'a', ['a0']);
  fill(queue, 'b', ['b0'], { flow: 'closed' });
  fill(queue, 'b', ['b1'], { flow: 'open' });
  const may = { tenant: (tenant: string) => tenant !== 'a', flow: (_: string, flow: string) => flow !== 'closed' };
  expect(queue.shift(may)).toBe('b1');
  expect(queue.shift(may)).toBeUndefined();
  expect(queue.size).toBe(2);
  expect(queue.shift()).toBe('a0');
});

test('who waits no more is taken out', () => {
  const queue = new FairQueue<string>();
  fill(queue, 'a', named('a', 3));
  expect(queue.remove('a1', { tenantId: 'a', flow: 'f' })).toBe(true);
  expect(queue.remove('a1', { tenantId: 'a', flow: 'f' })).toBe(false);
  expect(queue.remove('a0', { tenantId: 'nobody', flow: 'f' })).toBe(false);
  expect(queue.sizeOf('a')).toBe(2);
  expect(rest(queue)).toEqual(['a0', 'a2']);
});
