import { type CaseResult, figureLines, lineOf, summaryOf } from '../../../faults/report';

const verdict = { published: 3, uncertain: 1, delivered: 5, repeated: 2, lost: 0, violations: [] };
const held: CaseResult = { name: 'a', kind: 'judged', verdict, recoveredMs: 1500, tookMs: 20_000 };
const broken: CaseResult = { ...held, name: 'b', verdict: { ...verdict, lost: 1, violations: ['lost: 1'] } };
const notRun: CaseResult = { name: 'c', kind: 'notRun', why: 'no disk' };

test('one line a case, with its counts', () => {
  expect(lineOf(held)).toBe(
    `${'a'.padEnd(26)} published 3 (1 uncertain), delivered 5, repeated 2, lost 0, recovered in 1.5 s: held (20.0 s in all)`,
  );
  expect(lineOf({ ...broken, recoveredMs: null })).toContain('lost 1, not recovered: BROKEN');
  expect(lineOf(notRun)).toContain('not run: no disk');
});

test('what was measured follows it, a line each', () => {
  expect(figureLines({ ...held, figures: ['a 1', 'b 2'] })).toEqual(['    a 1', '    b 2']);
  expect(figureLines(held)).toEqual([]);
  expect(figureLines(notRun)).toEqual([]);
});

test('the closing line is no test runner’s', () => {
  expect(summaryOf([held, held])).toBe('2 of 2 cases held');
  const all = summaryOf([held, broken, notRun]);
  expect(all).toBe('1 of 3 cases held; broken: b; not run: c');
  expect(all).not.toMatch(/passed|failed/);
});
