import { MAX_LINE_BYTES, shortLine } from '../../../src/config/shortLine';

const lineOf = (fields: Record<string, unknown>) => `${JSON.stringify({ level: 30, time: 't', pid: 1, ...fields })}\n`;
const shortOf = (fields: Record<string, unknown>) => {
  const line = shortLine(lineOf(fields));
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES);
  expect(line.indexOf('\n')).toBe(line.length - 1);
  return JSON.parse(line);
};

test('a line that fits stays as it is, to the byte', () => {
  const empty = Buffer.byteLength(lineOf({ text: '' }));
  const line = lineOf({ text: 'x'.repeat(MAX_LINE_BYTES - empty) });
  expect(shortLine(line)).toBe(line);
  expect(shortLine(lineOf({ text: 'x'.repeat(MAX_LINE_BYTES - empty + 1) }))).not.toBe(line);
});

test('the longest texts are cut, with a mark, and the short ones stay', () => {
  const short = shortOf({ msg: 'request.refused', path: '/'.repeat(16_000), err: { stack: 'at x\n'.repeat(5000) } });
  expect(short).toMatchObject({ level: 30, msg: 'request.refused', isCut: true });
  expect(short.path).toMatch(/^\/{1024}… \(14976 more\)$/);
  expect(short.err.stack).toContain('more)');
});

test.each([
  ['many texts', { texts: Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`t${at}`, 'x'.repeat(500)])) }],
  ['a long list', { ids: Array(10_000).fill('0e276c97-c3f9-44c2-88ab-335123991c45') }],
  ['characters of three bytes', { detail: '主'.repeat(3000) }],
  ['characters that are escaped', { detail: '\u0001'.repeat(3000) }],
  ['long names', { ['n'.repeat(9000)]: 1 }],
  ['many fields', Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`field${at}`, at]))],
])('%s', (_, fields) => {
  expect(shortOf({ msg: 'event', ...fields })).toMatchObject({ msg: 'event', isCut: true });
});
