import { readHistory } from '../../../faults/checker/history';
import { findOverlaps } from '../../../faults/checker/overlaps';
import type { Entry, NewEntry } from '../../../faults/journal/entries';
import { callback, healed, publish, subscription, TOPIC } from './histories';

const STOPPED: NewEntry = { kind: 'fault', what: 'something', stopsCallers: true };
const ELSEWHERE: NewEntry = { kind: 'fault', what: 'something' };

const at = (atMs: number, entry: NewEntry) => ({ atMs, ...entry }) as Entry;

/** Arrives then, and is answered then; null: never. */
function call(key: string, arrivedMs: number, answeredMs: number | null, more: Parameters<typeof callback>[1] = {}) {
  const [receipt, answer] = callback(key, more);
  return answeredMs === null ? [at(arrivedMs, receipt)] : [at(arrivedMs, receipt), at(answeredMs, answer)];
}

const SCENE = [subscription({ ordered: true }), publish('1'), publish('2'), publish('3')].map((entry) => at(0, entry));

function judge(...entries: Entry[]): string[] {
  return findOverlaps(readHistory([...SCENE, ...entries].sort((a, b) => a.atMs - b.atMs)));
}

describe('one at a time', () => {
  test.each<[string, Entry[]]>([
    ['each after the one before was answered', [...call('1', 10, 20), ...call('2', 21, 30), ...call('3', 31, 40)]],
    [
      'the next attempt after its caller went without an answer',
      [...call('1', 10, 20, { status: 0 }), ...call('1', 21, 30)],
    ],
    [
      'push tasks are independent of each other',
      [
        at(0, subscription({ path: '/t', ordered: true })),
        ...call('1', 10, 90),
        ...call('1', 20, 80, { path: '/t' }),
        ...call('2', 91, 99),
      ],
    ],
    [
      'deliveries that are not ordered',
      [at(0, subscription()), ...call('1', 10, 90), ...call('2', 20, 80), ...call('3', 30, 70)],
    ],
    [
      'the call of a worker that was killed in it stays open for good',
      [...call('1', 10, null), at(20, STOPPED), at(3000, healed), ...call('1', 9000, 9010), ...call('2', 9020, 9030)],
    ],
    [
      'what a suspended worker had under way, written down a moment before it was suspended',
      [at(5, STOPPED), ...call('1', 500, null), ...call('1', 40_000, 40_010), at(60_000, healed)],
    ],
    [
      'what a resumed worker was about to send',
      [at(5, STOPPED), at(60_000, healed), ...call('1', 59_990, 60_030), ...call('1', 60_020, 60_025)],
    ],
  ])('%s', (_, entries) => {
    expect(judge(...entries)).toEqual([]);
  });
});

describe('each planted overlap is found', () => {
  test.each<[string, Entry[], RegExp]>([
    [
      'a push before the one before it was answered',
      [...call('1', 10, 30), ...call('2', 20, 40)],
      /^beside: 2 came to \/s while 1 was not/,
    ],
    [
      'two attempts of one delivery',
      [at(0, subscription()), ...call('1', 10, 30), ...call('1', 20, 40)],
      /^beside: 1 came to \/s while 1 was not/,
    ],
    [
      'beside one that is not the latest',
      [...call('1', 10, 90), ...call('2', 20, 30), ...call('3', 40, 50)],
      /^beside: 3 came to \/s while 1 was not/,
    ],
    [
      'a fault that leaves who calls alone',
      [...call('1', 10, 90), at(20, ELSEWHERE), ...call('2', 30, 40), at(50, healed)],
      /^beside: 2/,
    ],
    [
      'two that a worker left open, where it has one at a time',
      [...call('1', 10, null), ...call('2', 15, null), at(20, STOPPED), ...call('3', 9000, 9010)],
      /^beside: 3 came to \/s while 2 was not/,
    ],
    [
      'both workers push while one of two others is suspended',
      [at(5, STOPPED), ...call('1', 20_000, 20_050), ...call('2', 20_020, 20_030), at(60_000, healed)],
      /^beside: 2/,
    ],
    [
      'a resumed worker goes on pushing beside its successor',
      [
        ...[at(5, STOPPED), at(60_000, healed)],
        ...call('1', 60_010, 60_040),
        ...call('1', 60_020, 60_030),
        ...call('2', 60_041, 60_070),
        ...call('2', 60_050, 60_060),
      ],
      /^beside: 2/,
    ],
  ])('%s', (_, entries, words) => {
    expect(judge(...entries)).toContainEqual(expect.stringMatching(words));
  });

  test('the topics of one registration are push tasks of their own', () => {
    const both = subscription({ ordered: true, topics: [TOPIC, 'other'] });
    const other = { ...publish('2'), topic: 'other' } as NewEntry;
    const history = [at(0, both), at(0, publish('1')), at(0, other), ...call('1', 10, 90), ...call('2', 20, 80)];
    const inOrder = history.sort((a, b) => a.atMs - b.atMs);
    expect(findOverlaps(readHistory(inOrder))).toEqual([]);
  });
});
