import { bodyHash } from '../../../src/api/routes/publish/bodyHash';

const same = (a: string, b: string) => bodyHash(JSON.parse(a)).equals(bodyHash(JSON.parse(b)));

test('white space, escapes and the order of members do not matter', () => {
  expect(same('{"a":1,"b":{"c":[1,2],"d":null}}', ' { "b" : {"d":null,"c":[1, 2.0]}, "\\u0061":1}')).toBe(true);
});

test.each([
  ['{"a":[1,2]}', '{"a":[2,1]}'],
  ['{"a":1}', '{"a":"1"}'],
  ['{"a":null}', '{}'],
  ['{"a":{}}', '{"a":[]}'],
  ['{"a":"b,c"}', '{"a":"b","c":""}'],
  ['{"__proto__":1}', '{}'],
])('%s is not %s', (a, b) => {
  expect(same(a, b)).toBe(false);
});
