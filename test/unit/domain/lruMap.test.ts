import { LruMap } from '../../../src/domain/lruMap';

const filled = () => {
  const map = new LruMap<string, number>(3);
  for (const [at, key] of ['a', 'b', 'c'].entries()) map.set(key, at);
  return map;
};
const keysOf = (map: LruMap<string, number>) => [...map].map(([key]) => key);

test('the one that was used least recently makes room', () => {
  const map = filled();
  map.get('a');
  map.set('d', 3);
  expect(keysOf(map)).toEqual(['c', 'a', 'd']);
  expect(map.size).toBe(3);
});

test('one that is set again is used, and takes no other place', () => {
  const map = filled();
  map.set('a', 7);
  expect(keysOf(map)).toEqual(['b', 'c', 'a']);
  expect(map.get('a')).toBe(7);
});

test('one that is deleted leaves its place', () => {
  const map = filled();
  expect([map.delete('b'), map.delete('b')]).toEqual([true, false]);
  map.set('d', 3);
  expect(keysOf(map)).toEqual(['a', 'c', 'd']);
});
