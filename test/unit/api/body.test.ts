import { MAX_DEPTH, parseJson } from '../../../src/api/body';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

test('the deepest nesting that is taken', () => {
  expect(() => parseJson(nested(MAX_DEPTH))).not.toThrow();
  expect(() => parseJson(`{"a":${nested(MAX_DEPTH - 1)}}`)).not.toThrow();
});

test('nesting beyond it', () => {
  expect(() => parseJson(nested(MAX_DEPTH + 1))).toThrow('nested more than 64 deep');
  expect(() => parseJson(`{"a":${nested(MAX_DEPTH)}}`)).toThrow('nested');
  expect(() => parseJson(nested(100_000))).toThrow('nested');
});

test('brackets in texts are no nesting', () => {
  expect(parseJson(JSON.stringify({ a: '['.repeat(1000), b: '\\"[[[' }))).toHaveProperty('b');
});

test('members beside each other are no nesting', () => {
  expect(parseJson(`[${'[],'.repeat(1000)}{}]`)).toHaveLength(1001);
});

test.each(['', ' ', '{', '{"a":1,}', "{'a':1}", 'undefined', '{"a":NaN}', '\u0000', '[1]x'])('not JSON: %j', (text) => {
  expect(() => parseJson(text)).toThrow('is not JSON');
});

test('__proto__ is a member like any other', () => {
  const value = parseJson('{"__proto__":{"polluted":true}}');
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});
