import { createHash } from 'node:crypto';
import { bodyHash, MAX_COMPARED_AS_JSON, MAX_COMPARED_CHARS } from '../../../src/api/routes/publish/bodyHash';

const hashOf = (json: string, size = 1) => bodyHash({ json, size });
const same = (a: string, b: string) => hashOf(a).equals(hashOf(b));

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
  ['9007199254740993', '9007199254740992'],
  ['{"a":[{"b":12345678901234567890}]}', '{"a":[{"b":12345678901234567891}]}'],
  ['0.1', '0.1000000000000000055511151231257827'],
  ['1e400', '1e401'],
  ['1e-400', '0'],
  ['-1e-400', '1e-400'],
  ['123e98765432109876543210', '123e98765432109876543211'],
  ['9007199254740993', '"\\u0000n9007199254740993e0"'],
  ['[1e400,"\\u0000s"]', '[1e400,"\\u0000"]'],
])('%s is not %s', (a, b) => {
  expect(same(a, b)).toBe(false);
});

test.each([
  ['1', '1.0', '10e-1', '0.1E+1', '100e-2'],
  ['0', '-0', '0.000', '0e999', '-0.0e-5'],
  ['9007199254740993', '9007199254740993.0', '9.007199254740993e15', '90071992547409930e-1'],
  ['1e400', '10e399', '0.01e402', '1E+0400'],
  ['-1.5e-400', '-15e-401', '-0.00015e-396'],
  ['5e-324', '0.5e-323'],
])('%s is the same as %s, %s, %s', (...numbers) => {
  for (const number of numbers) expect(same(`[${numbers[0]}]`, `[${number}]`)).toBe(true);
});

test('of a repeated member the last one counts', () => {
  expect(same('{"a":1,"b":2,"\\u0061":3}', '{"b":2,"a":3}')).toBe(true);
});

test('empty lists and objects, with white space in them', () => {
  expect(same(' [ ] ', '[]')).toBe(true);
  expect(same('{"a" : { } , "b":[ [ ] ,[] ]}', '{"b":[[],[]],"a":{}}')).toBe(true);
});

test('the hash is the one that earlier releases have stored', () => {
  const canonical = '{"10":{"a":1,"b":[1,"x",null]},"9":[[],{"c":true}],"é":1.5}';
  const stored = createHash('sha256').update(canonical).digest();
  expect(hashOf(' {"é":1.50,"9":[ [],{"c":true}], "10":{"b":[1,"\\u0078",null],"a":1.0}}')).toEqual(stored);
});

test('a body with a great many members is compared as text', () => {
  const size = MAX_COMPARED_AS_JSON + 1;
  expect(hashOf('{"a":1}', size)).toEqual(hashOf('{"a":1}', size));
  expect(hashOf('{"a":1}', size)).not.toEqual(hashOf('{ "a":1}', size));
});

test('a body that is long is compared as text', () => {
  const text = `"${'x'.repeat(MAX_COMPARED_CHARS)}"`;
  expect(same(`{"a":${text}}`, `{"a":${text}}`)).toBe(true);
  expect(same(`{"a":${text}}`, `{ "a":${text}}`)).toBe(false);
});

test('a body with a great many long numbers is compared as text', () => {
  const numbers = Array(MAX_COMPARED_AS_JSON + 1).fill('9007199254740993');
  expect(same(`[${numbers}]`, `[${numbers}]`)).toBe(true);
  expect(same(`[${numbers}]`, `[ ${numbers}]`)).toBe(false);
  expect(same(`[${numbers}]`, `[${numbers.with(-1, '9007199254740992')}]`)).toBe(false);
});
