import { stepOf } from '../../../src/domain/carrierStep';
import type { Standing } from '../../../src/domain/delivery';
import { describeStep } from '../../../src/domain/describeStep';

const WAITING: Standing = {
  deliveryId: 'd',
  state: 'pending',
  reason: null,
  generation: 2,
  attempt: 3,
  failures: 3,
  topic: 'gs',
  subscriptionId: 's',
  cancelled: false,
  subscriptionState: 'active',
  subscriptionVersion: 1,
  behindLane: false,
  isLaneInUse: false,
  nextAttemptAt: new Date('2026-01-02T03:04:05.678Z'),
  nextAttemptInMs: 4999.2,
  dueInMs: 34_999,
  last: { statusCode: 503, fault: null },
};

const step = (standing: Partial<Standing> = {}, generation = 2) =>
  stepOf({ standing: { ...WAITING, ...standing }, generation, policy: 'gateway' });

test('waits for its next attempt, by a duration', () => {
  expect(step()).toEqual({
    next: 'wait',
    waitMs: 5000,
    nextAttemptAt: '2026-01-02T03:04:05.678Z',
    last: { attempt: 3, attemptsAllowed: 17, text: 'the receiver answered 503' },
  });
});

test.each([-5000, 0, 3])('looks again soon, not at once, when its time has come (%i ms)', (nextAttemptInMs) => {
  expect(step({ nextAttemptInMs })).toMatchObject({ next: 'wait', waitMs: 100 });
});

test('waits for an attempt under way until its claim runs out', () => {
  const underWay = { nextAttemptAt: null, nextAttemptInMs: null };
  expect(step(underWay)).toEqual({ next: 'under_way', forMs: 34_999, attempt: 3 });
  expect(step({ ...underWay, dueInMs: -1 })).toMatchObject({ next: 'under_way', forMs: 100 });
});

test.each([
  [{ state: 'delivered' }, 'delivered'],
  [{ state: 'cancelled' }, 'cancelled'],
  [{ cancelled: true }, 'cancelled'],
  [{ behindLane: true, dueInMs: null }, 'behind_lane'],
  [{ generation: 3 }, 'carried_elsewhere'],
  [{ generation: 3, behindLane: true }, 'carried_elsewhere'],
  [{ generation: 3, state: 'delivered' }, 'delivered'],
  [{ generation: 3, state: 'failed' }, 'carried_elsewhere'],
] as [Partial<Standing>, string][])('%j ends as %s', (standing, outcome) => {
  expect(step(standing)).toEqual({ next: 'end', outcome });
});

test('fails with its reason and its last answer', () => {
  expect(step({ state: 'failed', reason: 'gone', last: { statusCode: 410, fault: null } })).toEqual({
    next: 'fail',
    reason: 'gone',
    last: { attempt: 3, attemptsAllowed: 17, text: 'the receiver answered 410' },
  });
});

test('attempts allowed go on counting after a retry by hand', () => {
  expect(step({ attempt: 20, failures: 2 })).toMatchObject({ last: { attempt: 20, attemptsAllowed: 18 + 17 } });
});

test.each([
  [null, 'no attempt on record yet'],
  [{ statusCode: null, fault: 'timeout' }, 'no complete answer came in time'],
  [{ statusCode: null, fault: null }, 'no complete answer'],
  [{ statusCode: 200, fault: 'errcode_not_zero' }, "the receiver answered 200, the answer's errcode is not 0"],
  // Whatever stands in the row, nothing that is not of the vocabulary is repeated.
  [{ statusCode: 200, fault: '[click](https://evil.example)' }, 'the receiver answered 200'],
  [{ statusCode: null, fault: 'toString' }, 'no complete answer'],
])('says of %j: %s', (last, text) => {
  expect(step({ last })).toMatchObject({ last: { text } });
});

describe('what operators read', () => {
  test('while it waits: what happened, what happens next, what they can do', () => {
    const text = describeStep(step() as Parameters<typeof describeStep>[0]);
    expect(text).toMatch(/Attempt 3 of 17 failed.*the receiver answered 503/);
    expect(text).toMatch(/2026-01-02T03:04:05.678Z.*retryNow.*cancel/s);
  });

  test('while an attempt is under way', () => {
    expect(describeStep({ next: 'under_way', forMs: 34_999, attempt: 1 })).toMatch(/Attempt 1 is under way.*35 s/s);
  });

  test('when it has failed', () => {
    const last = { attempt: 17, attemptsAllowed: 17, text: 'connection refused' };
    expect(describeStep({ next: 'fail', reason: 'retries_exhausted', last })).toBe(
      'Failed (retries_exhausted) after attempt 17 of 17: connection refused.',
    );
  });
});
