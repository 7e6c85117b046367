import { LastMet } from '../../../src/services/lastMet';

const met = { deliveries: 1, locks: false, order: false };

test('a tenant that uses many addresses forgets its own, never the others', () => {
  const lastMet = new LastMet();
  lastMet.set('b', 'gs', met);
  for (let i = 0; i < 1500; i++) lastMet.set('a', `topic ${i}`, met);
  expect(lastMet.get('b', 'gs')).toBe(met);
  expect(lastMet.get('a', 'topic 499')).toBeUndefined();
  expect(lastMet.get('a', 'topic 500')).toBe(met);
});

test('what is used stays, and the newest counts', () => {
  const lastMet = new LastMet();
  lastMet.set('a', 'gs', met);
  for (let i = 0; i < 999; i++) lastMet.set('a', `topic ${i}`, met);
  const newer = { ...met, deliveries: 7 };
  lastMet.set('a', 'gs', newer);
  lastMet.set('a', 'one more', met);
  expect(lastMet.get('a', 'gs')).toBe(newer);
  expect(lastMet.get('a', 'topic 0')).toBeUndefined();
});

test('however many tenants there are, no more than ten thousand are remembered', () => {
  const lastMet = new LastMet();
  for (let i = 0; i < 10_001; i++) lastMet.set(`tenant ${i}`, 'gs', met);
  expect(lastMet.get('tenant 0', 'gs')).toBeUndefined();
  expect(lastMet.get('tenant 1', 'gs')).toBe(met);
  expect(lastMet.get('tenant 10000', 'gs')).toBe(met);
});
