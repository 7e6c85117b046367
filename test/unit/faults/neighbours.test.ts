import { readHistory } from '../../../faults/checker/history';
import type { Entry } from '../../../faults/journal/entries';
import { type RoundFigures, roundFigures } from '../../../faults/neighbours/figures';
import { compare } from '../../../faults/neighbours/verdict';

const figuresOf = (more: Partial<RoundFigures> = {}): RoundFigures => ({
  ...{ publishP50: 5, publishP99: 12, attemptP50: 8, attemptP99: 20, readP50: 3, readP99: 9 },
  ...more,
});

test('what stays within its limit is held, and each figure is a line with both values', () => {
  const { lines, violations } = compare({
    alone: [figuresOf({ publishP99: 12 })],
    beside: [figuresOf({ publishP99: 14 })],
  });
  expect(violations).toEqual([]);
  expect(lines).toContain('victim publish p99 12 ms → 14 ms (1.2 x, limit 2)');
  expect(lines).toHaveLength(6);
});

test('twice is allowed, more is not', () => {
  const verdictOf = (after: number) =>
    compare({ alone: [figuresOf({ attemptP99: 100 })], beside: [figuresOf({ attemptP99: after })] }).violations;
  expect(verdictOf(200)).toEqual([]);
  expect(verdictOf(201)).toEqual(['slowed: victim first attempt p99 100 ms → 201 ms (2.0 x, limit 2)']);
});

test('a difference that is smaller than what a machine does by itself is none', () => {
  const verdictOf = (after: number) =>
    compare({ alone: [figuresOf({ publishP50: 2 })], beside: [figuresOf({ publishP50: after })] }).violations;
  expect(verdictOf(27)).toEqual([]);
  expect(verdictOf(28)).toHaveLength(1);
});

test('the medians of the rounds decide: one slow round of three is the machine’s, two are not', () => {
  const rounds = (...values: number[]) => values.map((publishP99) => figuresOf({ publishP99 }));
  expect(compare({ alone: rounds(10, 12, 14), beside: rounds(11, 13, 5000) }).violations).toEqual([]);
  expect(compare({ alone: rounds(10, 12, 14), beside: rounds(11, 4000, 5000) }).violations).toHaveLength(1);
  expect(compare({ alone: rounds(10, 12, 9000), beside: rounds(4000, 4000, 11) }).violations).toHaveLength(1);
});

test('a case can have a limit of its own', () => {
  const rounds = { alone: [figuresOf({ readP99: 100 })], beside: [figuresOf({ readP99: 290 })] };
  expect(compare(rounds).violations).toHaveLength(1);
  expect(compare(rounds, { read: 3 }).violations).toEqual([]);
});

test('a round in which nothing was measured is a violation, not a pass', () => {
  const { violations } = compare({ alone: [figuresOf()], beside: [figuresOf({ attemptP99: Number.NaN })] });
  expect(violations).toHaveLength(1);
  expect(compare({ alone: [], beside: [] }).violations).toHaveLength(6);
});

const PATH = '/s';
let lastReceipt = 0;

const at = (atMs: number, entry: object): Entry => ({ atMs, ...entry }) as Entry;
const publish = (atMs: number, key: string) => at(atMs, { kind: 'publish', key, tenantId: 't', topic: 'gs' });
const answered = (atMs: number, key: string) =>
  at(atMs, { kind: 'published', key, outcome: 'ok', status: 200, eventId: `event-${key}`, tookMs: 1 });
const receipt = (atMs: number, key: string, path = PATH) =>
  at(atMs, { kind: 'receipt', receipt: ++lastReceipt, path, deliveryId: key, key, eventId: null, tenantId: 't' });

const windowOf = (more: object = {}) => ({ fromMs: 100, toMs: 200, endMs: 1000, reads: [], ...more });

test('a publish lasts until its 000, over all of its tries, and an attempt until it first arrives at the victim', () => {
  const history = readHistory([
    publish(110, 'a'),
    at(115, { kind: 'published', key: 'a', outcome: 'unknown', status: 503, eventId: null, tookMs: 5 }),
    receipt(120, 'a', '/somebody-else'),
    answered(150, 'a'),
    receipt(170, 'a'),
    receipt(400, 'a'),
  ]);
  expect(roundFigures(history, PATH, windowOf())).toMatchObject({ publishP50: 40, publishP99: 40, attemptP99: 60 });
});

test('what was not answered or did not arrive in the round counts as having come at its end', () => {
  const history = readHistory([publish(110, 'a'), publish(190, 'b'), answered(1500, 'a'), receipt(2000, 'b')]);
  expect(roundFigures(history, PATH, windowOf())).toMatchObject({
    ...{ publishP50: 810, publishP99: 890, attemptP50: 810, attemptP99: 890 },
  });
});

test('only what was sent in the round is of the round', () => {
  const history = readHistory([publish(90, 'a'), publish(150, 'b'), publish(200, 'c'), answered(151, 'b')]);
  expect(roundFigures(history, PATH, windowOf())).toMatchObject({ publishP50: 1, publishP99: 1 });
});

test('a read that failed counts with its time too', () => {
  const reads = [
    { tookMs: 5, status: 200 },
    { tookMs: 15_000, status: 0 },
  ];
  expect(roundFigures(readHistory([]), PATH, windowOf({ reads }))).toMatchObject({ readP50: 5, readP99: 15_000 });
});
