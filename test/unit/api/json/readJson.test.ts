import { parseJson, readMembers } from '../../../../src/api/json/readJson';
import { MAX_DEPTH } from '../../../../src/api/json/scanJson';

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
  expect(parseJson(`[${'[],'.repeat(400)}{}]`)).toHaveLength(401);
});

test.each(['', ' ', '{', '{"a":1,}', "{'a':1}", 'undefined', '{"a":NaN}', '\u0000', '[1]x'])('not JSON: %j', (text) => {
  expect(() => parseJson(text)).toThrow('is not JSON');
});

test('__proto__ is a member like any other', () => {
  const value = parseJson('{"__proto__":{"polluted":true}}');
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});

test.each([
  ['lists', `[${'[],'.repeat(500)}[]]`],
  ['objects', `[${'{},'.repeat(500)}{}]`],
  ['names', `{${Array.from({ length: 500 }, (_, at) => `"k${at}":1`).join()}}`],
])('more %s than a body that is parsed may hold', (_, json) => {
  expect(() => parseJson(json)).toThrow('holds more than 500 names, lists and objects');
});

test('a thousand texts are few', () => {
  expect(parseJson(JSON.stringify({ topics: Array(1000).fill('gs') }))).toHaveProperty('topics');
});

describe('members that are not built', () => {
  const WANTED = ['changes', 'source', 'key'];
  const read = (json: string) => readMembers(json, WANTED);

  test('texts, numbers and literals are read; of lists and objects only what a schema needs', () => {
    const { body } = read('{"source":"a\\u0062","key":1.50,"changes":[1,{"x":2}],"more":{"a":[1]}}');
    expect(body).toEqual({ source: 'ab', key: 1.5, changes: [null] });
    expect(read('{"changes": [ ],"key":{"a":1},"source":null}').body).toEqual({ changes: [], key: {}, source: null });
  });

  test.each([
    ['[]', []],
    ['[{"changes":[1]}]', [null]],
    ['"x"', 'x'],
    ['null', null],
    [' 7 ', 7],
  ])('a body that is no object: %s', (json, body) => {
    expect(read(json)).toMatchObject({ body, texts: new Map() });
  });

  test('their number is told, not bounded', () => {
    expect(read(`{"changes":[${'{"a":1},'.repeat(9999)}{}]}`).size).toBe(1 + 1 + 1 + 10_000 + 9999);
  });

  test.each(['{"changes":[1}', '{"changes":[1]', '', '\ufeff{}'])('not JSON: %j', (json) => {
    expect(() => read(json)).toThrow('is not JSON');
  });
});
