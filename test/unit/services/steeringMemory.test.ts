import { SteeringMemory } from '../../../src/services/steering/steeringMemory';

const SHOP = { id: 'a', tenantId: 'acme', appId: 'shop' };
const DESK = { id: 'b', tenantId: 'acme', appId: 'desk' };

test('an act counts for what was read before it, and for nothing that is read after it', () => {
  const memory = new SteeringMemory();
  const before = memory.now();
  memory.apply([{ subscriptionId: 'a' }]);
  expect(memory.hasSteered(SHOP, before)).toBe(true);
  expect(memory.hasSteered(SHOP, memory.now())).toBe(false);
});

test('an act counts for its own subscription only', () => {
  const memory = new SteeringMemory();
  const before = memory.now();
  memory.apply([{ subscriptionId: 'a' }]);
  expect(memory.hasSteered(DESK, before)).toBe(false);
});

test('an act on an app counts for each of its subscriptions, and not for those of an app of the same name elsewhere', () => {
  const memory = new SteeringMemory();
  const before = memory.now();
  memory.apply([{ tenantId: 'acme', appId: 'shop' }]);
  expect(memory.hasSteered({ ...SHOP, id: 'c' }, before)).toBe(true);
  expect(memory.hasSteered({ ...SHOP, tenantId: 'rival' }, before)).toBe(false);
});

test('after acts that were missed everything that was read before counts as steered', () => {
  const memory = new SteeringMemory();
  const before = memory.now();
  memory.applyToAll();
  expect(memory.hasSteered(SHOP, before)).toBe(true);
  expect(memory.hasSteered(SHOP, memory.now())).toBe(false);
});

test('more subscriptions than are remembered: what was forgotten counts for all, so that no act is lost', () => {
  const memory = new SteeringMemory();
  const before = memory.now();
  memory.apply([{ subscriptionId: 'a' }]);
  const afterFirst = memory.now();
  for (let count = 0; count < 10_000; count++) memory.apply([{ subscriptionId: `other-${count}` }]);
  expect(memory.hasSteered(SHOP, before)).toBe(true);
  expect(memory.hasSteered({ ...SHOP, id: 'z' }, before)).toBe(true);
  expect(memory.hasSteered({ ...SHOP, id: 'z' }, afterFirst)).toBe(false);
});
