import { check } from '../../../faults/checker/check';
import { readHistory } from '../../../faults/checker/history';
import type { Entry, NewEntry } from '../../../faults/journal/entries';
import {
  answered,
  callback,
  fault,
  healed,
  journalOf,
  publish,
  refused,
  subscription,
  TOPIC,
  unknown,
} from './histories';

const judge = (...entries: NewEntry[]) => check(readHistory(journalOf(...entries)));
const release: NewEntry = { kind: 'release', path: '/s', topic: TOPIC };

/** The minute between what is recorded and what comes out of nothing: no fault excuses it. */
const later = (entries: Entry[]) => entries.map((entry) => ({ ...entry, atMs: entry.atMs + 60_000 }));

describe('a history in order', () => {
  const [first, ack] = callback('1');
  test.each<[string, NewEntry[]]>([
    ['one event, acknowledged', [subscription(), publish('1'), answered('1'), ...callback('1')]],
    ['it arrives before it is answered', [subscription(), publish('1'), ...callback('1'), answered('1')]],
    [
      'an attempt that fails and one that does not',
      [subscription(), publish('1'), answered('1'), ...callback('1', { status: 503 }), ...callback('1')],
    ],
    ['an unknown outcome, then the answer', [publish('1'), unknown('1'), answered('1')]],
    ['what another subscribes need not come', [subscription({ topics: ['other'] }), publish('1'), answered('1')]],
    [
      'pushes sent at once in any order',
      [
        subscription({ ordered: true }),
        publish('1'),
        publish('2'),
        answered('1'),
        answered('2'),
        ...callback('2'),
        ...callback('1'),
      ],
    ],
    [
      'a held event after its release',
      [subscription({ held: true }), publish('1'), answered('1'), release, first, ack],
    ],
  ])('%s', (_, entries) => {
    expect(judge(...entries).violations).toEqual([]);
  });

  test('counts', () => {
    const verdict = judge(
      ...[subscription(), subscription({ path: '/t' }), publish('1'), unknown('1'), answered('1')],
      ...[...callback('1'), ...callback('1', { path: '/t' }), fault, healed, ...callback('1')],
    );
    const expected = { published: 1, uncertain: 1, delivered: 2, repeated: 1, lost: 0, violations: [] };
    expect(verdict).toEqual(expected);
  });
});

describe('each planted defect is found', () => {
  const ordered = subscription({ ordered: true });
  const twoInTurn = [publish('1'), answered('1'), publish('2'), answered('2')];
  test.each<[string, NewEntry[], RegExp]>([
    ['answered, never delivered', [subscription(), publish('1'), answered('1')], /^lost: 1 \(event-1\)/],
    [
      'never acknowledged',
      [subscription(), publish('1'), answered('1'), ...callback('1', { status: 500 })],
      /^lost: 1/,
    ],
    [
      'one of two subscriptions left out',
      [subscription(), subscription({ path: '/t' }), publish('1'), answered('1'), ...callback('1')],
      /^lost: .* \/t$/,
    ],
    ['nobody published it', [subscription(), ...callback('1')], /^stranger: .*nobody published$/],
    ['it was refused', [subscription(), publish('1'), refused('1'), ...callback('1')], /^stranger: .*refused$/],
    ['nobody subscribed', [publish('1'), answered('1'), ...callback('1')], /^stranger: .*nobody subscribed$/],
    [
      "another tenant's event",
      [subscription(), publish('1', 'b'), answered('1'), ...callback('1', { tenantId: 'b' })],
      /^stranger: .*tenant b/,
    ],
    [
      'a topic that was not subscribed',
      [subscription({ topics: ['other'] }), publish('1'), answered('1'), ...callback('1')],
      /^stranger: .*topic gs$/,
    ],
    [
      'an event made twice',
      [
        ...[subscription(), publish('1'), unknown('1'), answered('1'), fault, ...callback('1')],
        ...callback('1', { eventId: 'event-x', deliveryId: 'delivery-x' }),
      ],
      /^split: .*as event event-1 and as event-x$/,
    ],
    [
      'a delivery made twice',
      [
        ...[subscription(), publish('1'), answered('1'), fault, ...callback('1')],
        ...callback('1', { deliveryId: 'delivery-x' }),
      ],
      /^split: 1 at \/s came as delivery-1\/s and as delivery-x$/,
    ],
    [
      "a delivery's id used again",
      [
        ...[subscription(), ...twoInTurn],
        ...callback('1', { deliveryId: 'same' }),
        ...callback('2', { deliveryId: 'same' }),
      ],
      /^split: same is/,
    ],
    [
      'a key answered with two events',
      [publish('1'), answered('1'), answered('1', 'event-x')],
      /^split: 1 was answered with event-1 and event-x$/,
    ],
    [
      'another event than was answered',
      [subscription(), publish('1'), answered('1', 'event-x'), ...callback('1')],
      /^split: 1 was answered with event-x and came as event event-1$/,
    ],
    [
      'a repeat without a fault',
      [subscription(), publish('1'), answered('1'), ...callback('1'), ...callback('1')],
      /^repeated: 1 at/,
    ],
    [
      'two attempts at once',
      [subscription(), publish('1'), answered('1'), callback('1')[0], ...callback('1')],
      /^repeated: 1 at/,
    ],
    ['the later push first', [ordered, ...twoInTurn, ...callback('2'), ...callback('1')], /^disorder: 2 came before 1/],
    [
      'a push beside a head that failed',
      [ordered, ...twoInTurn, ...callback('1', { status: 503 }), ...callback('2'), ...callback('1')],
      /^disorder: 2 came before 1 was acknowledged/,
    ],
    [
      'held, and pushed',
      [subscription({ held: true }), publish('1'), answered('1'), ...callback('1'), release],
      /^early: 1 at \/s/,
    ],
    ['never answered with 000', [publish('1'), unknown('1')], /^refused: 1/],
  ])('%s', (_, entries, words) => {
    expect(judge(...entries).violations).toContainEqual(expect.stringMatching(words));
  });

  test('a repeat of what was recorded long before the fault', () => {
    const before = journalOf(subscription(), publish('1'), answered('1'), ...callback('1'));
    const after = later(journalOf(fault, healed, ...callback('1')));
    expect(check(readHistory([...before, ...after])).violations).toEqual([expect.stringMatching(/no fault was/)]);
  });

  test('more repeats than the fault explains, and an answer that came too late', () => {
    const entries = journalOf(
      ...[subscription(), publish('1'), unknown('1'), answered('1')],
      ...[fault, ...callback('1'), ...callback('1'), healed],
    );
    const { violations } = check(readHistory(entries), { maxRepeats: 0, answersWithinMs: 10_000 });
    expect(violations).toEqual([expect.stringMatching(/^repeated: 1 times/), expect.stringMatching(/^late: 1 waited/)]);
  });
});
