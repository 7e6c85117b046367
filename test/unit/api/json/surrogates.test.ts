import { hasHalfSurrogate } from '../../../../src/api/json/surrogates';

test.each([
  String.raw`["\ud800"]`,
  String.raw`["\uDFFF"]`,
  String.raw`["a\udbffb"]`,
  String.raw`["\ude00\ud83d"]`,
  String.raw`["\ud83d\ud83d\ude00"]`,
  String.raw`["\ud83d\n\ude00"]`,
  String.raw`["\ud83d","\ude00"]`,
  String.raw`["\ud83d\u0041"]`,
  String.raw`["\ud83d😀"]`,
  String.raw`["\\\ud800"]`,
  String.raw`[{"\ud800":1}]`,
  String.raw`[[[{"a":["\ud83d\ude00\ude00"]}]]]`,
])('%s holds half a pair', (json) => {
  expect(JSON.stringify(JSON.parse(json))).toMatch(/\\ud[89a-f]/);
  expect(hasHalfSurrogate(json)).toBe(true);
});

test.each([
  '[]',
  '["😀"]',
  String.raw`["\ud83d\ude00"]`,
  String.raw`["\uD83D\uDE00\uD83D\uDE00"]`,
  String.raw`["\\ud800"]`,
  String.raw`["\\\\udc00"]`,
  String.raw`["\"\ud83d\ude00\\"]`,
  String.raw`["\ud7ff\ue000\u0000"]`,
])('%s holds none', (json) => {
  expect(JSON.stringify(JSON.parse(json))).not.toMatch(/(?<!\\)\\ud[89a-f]/);
  expect(hasHalfSurrogate(json)).toBe(false);
});
