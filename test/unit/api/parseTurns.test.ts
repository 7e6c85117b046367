import { ParseTurns } from '../../../src/api/parseTurns';

test('tenants take turns, one in each turn of the event loop', async () => {
  const turns = new ParseTurns();
  const order: string[] = [];
  let loops = 0;
  const count = () => {
    loops++;
    if (order.length < 12) setImmediate(count);
  };
  const take = (tenantId: string) =>
    turns.take({ tenantId, keyId: tenantId, bytes: 100_000 }).then(() => void order.push(`${tenantId} ${loops}`));
  const all = [...Array.from({ length: 10 }, () => take('greedy')), take('b'), take('b')];
  setImmediate(count);
  await Promise.all(all);
  expect(order.slice(0, 4).map((turn) => turn.split(' ')[0])).toEqual(['greedy', 'b', 'greedy', 'b']);
  expect(new Set(order.map((turn) => turn.split(' ')[1])).size).toBeGreaterThanOrEqual(11);
});
