import { dayOfId, deliveryWorkflowId, isUuid, laneWorkflowId } from '../../../src/contracts/ids';

const at = (ms: number) => {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-0123456789ab`;
};

test.each([
  ['2026-01-01T00:00:00.000Z', '2026-01-01'],
  ['2026-01-01T23:59:59.999Z', '2026-01-01'],
  ['2024-02-29T12:00:00.000Z', '2024-02-29'],
  ['1970-01-01T00:00:00.000Z', '1970-01-01'],
])('an id made at %s lies in the partition of %s', (moment, day) => {
  expect(dayOfId(at(Date.parse(moment)))).toBe(day);
  expect(dayOfId(at(Date.parse(moment)).toUpperCase())).toBe(day);
});

test('only a whole UUID is one', () => {
  expect(isUuid(at(0))).toBe(true);
  for (const text of ['', `${at(0)} `, at(0).slice(1), 'x'.repeat(36)]) expect(isUuid(text)).toBe(false);
});

test('every generation has a workflow id of its own, the first the plain one', () => {
  expect(deliveryWorkflowId({ deliveryId: 'd', generation: 1 })).toBe('delivery/d');
  expect(deliveryWorkflowId({ deliveryId: 'd', generation: 2 })).toBe('delivery/d/2');
});

test('no topic can name another lane', () => {
  expect(laneWorkflowId({ subscriptionId: 's', topic: '' })).toBe('lane/s');
  expect(laneWorkflowId({ subscriptionId: 's', topic: 'a/b' })).toBe('lane/s/a%2Fb');
  expect(laneWorkflowId({ subscriptionId: 's', topic: 'a%2Fb' })).toBe('lane/s/a%252Fb');
});
