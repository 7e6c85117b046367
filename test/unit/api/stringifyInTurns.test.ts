import { stringifyInTurns } from '../../../src/api/json/stringifyInTurns';

const items = Array.from({ length: 95 }, (_, i) => ({ id: i, at: new Date(i), none: undefined, text: '"\u2028é' }));

test.each([
  ['a list', items],
  ['a list that is a member', { data: items, nextCursor: null, left: undefined }],
  ['a list in a member', { result: true, data: { count: 95, info: items } }],
  ['a list further in', { a: { b: { c: items } } }],
  ['a short list', items.slice(0, 3)],
  ['an empty list', { data: [] }],
  ['what is null in a list', Array(50).fill(undefined)],
  ['a moment', new Date(0)],
  ['null', null],
])('%s is what JSON.stringify makes of it', async (_what, value) => {
  expect(await stringifyInTurns(value)).toBe(JSON.stringify(value));
});

test('others have turns while a long list is made', async () => {
  let turns = 0;
  const count = () => {
    turns++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await stringifyInTurns({ data: items });
  clearImmediate(next);
  expect(turns).toBeGreaterThan(2);
});
