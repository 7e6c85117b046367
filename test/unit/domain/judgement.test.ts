import { isSuccess, judge } from '../../../src/domain/judgement';

const answered = (statusCode: number | null, retryAfterMs: number | null = null) => ({
  statusCode,
  isAcknowledged: statusCode !== null && isSuccess(statusCode),
  retryAfterMs,
});

const judged = (statusCode: number | null, { failuresBefore = 0, retryAfterMs = null as number | null } = {}) =>
  judge({
    answer: answered(statusCode, retryAfterMs),
    policy: [10, 20],
    failuresBefore,
    random: 0.5,
  });

test.each([200, 201, 202, 204, 299])('%i acknowledges', (status) => {
  expect(judged(status)).toEqual({ state: 'delivered' });
  expect(judged(status, { failuresBefore: 2 })).toEqual({ state: 'delivered' });
});

test.each([null, 100, 199, 300, 302, 304, 400, 404, 429, 500, 503])('%p is a failed attempt', (statusCode) => {
  expect(judged(statusCode)).toEqual({ state: 'pending', waitMs: 10_000 });
  expect(judged(statusCode, { failuresBefore: 1 })).toEqual({ state: 'pending', waitMs: 20_000 });
  expect(judged(statusCode, { failuresBefore: 2 })).toEqual({ state: 'failed', reason: 'retries_exhausted' });
});

test('what was handed over is due at once and uses up nothing, whatever was seen of its answer', () => {
  for (const statusCode of [null, 200, 410, 503]) {
    const answer = { ...answered(statusCode), isAcknowledged: false, fault: 'handed_over' } as const;
    for (const isExpired of [false, true]) {
      const verdict = judge({ answer, policy: [], failuresBefore: 0, isExpired, random: 0.5 });
      expect(verdict).toEqual({ state: 'pending', waitMs: 0 });
    }
  }
});

test('410 fails at once, whatever is left of the policy', () => {
  expect(judged(410)).toEqual({ state: 'failed', reason: 'gone' });
  expect(judged(410, { retryAfterMs: 1000 })).toEqual({ state: 'failed', reason: 'gone' });
});

test('what its interface takes for an acknowledgement is one, whatever the status', () => {
  for (const statusCode of [410, 503]) {
    const answer = { ...answered(statusCode), isAcknowledged: true };
    expect(judge({ answer, policy: [10], failuresBefore: 0, random: 0.5 })).toEqual({ state: 'delivered' });
  }
});

test('what the receiver asks for lengthens the wait', () => {
  expect(judged(503, { retryAfterMs: 99_000 })).toEqual({ state: 'pending', waitMs: 99_000 });
});

test('the last attempt of what has waited too long: acknowledged or failed, whatever is left of the policy', () => {
  const last = (statusCode: number | null) =>
    judge({
      answer: answered(statusCode, 1000),
      policy: [10, 20],
      failuresBefore: 0,
      isExpired: true,
      random: 0.5,
    });
  expect(last(200)).toEqual({ state: 'delivered' });
  expect(last(410)).toEqual({ state: 'failed', reason: 'gone' });
  for (const statusCode of [null, 503, 400]) {
    expect(last(statusCode)).toEqual({ state: 'failed', reason: 'receiver_unavailable' });
  }
});
