import type { Fault } from '../../../src/domain/fault';
import { isReceiverAbsent, isReceiverThere, probeWaitMs } from '../../../src/domain/receiverPresence';

const answered = (statusCode: number, isAcknowledged = false) => ({ statusCode, fault: null, isAcknowledged });
const faulted = (fault: Fault) => ({ statusCode: null, fault, isAcknowledged: false });

test.each([500, 501, 502, 503, 504, 599])('%i: nobody who can take anything now', (status) => {
  expect(isReceiverAbsent(answered(status))).toBe(true);
  expect(isReceiverThere(answered(status))).toBe(false);
});

test.each([200, 204, 301, 400, 401, 404, 410, 422, 428, 430, 499])(
  '%i: somebody answers for this message',
  (status) => {
    expect(isReceiverAbsent(answered(status))).toBe(false);
    expect(isReceiverThere(answered(status))).toBe(true);
  },
);

test.each([429, 503])('%i that acknowledges: somebody is there', (status) => {
  expect(isReceiverAbsent(answered(status, true))).toBe(false);
  expect(isReceiverThere(answered(status, true))).toBe(true);
});

test.each(['refused', 'reset', 'timeout', 'dns', 'tls'] as const)('%s: nobody is there', (fault) => {
  expect(isReceiverAbsent(faulted(fault))).toBe(true);
  expect(isReceiverThere(faulted(fault))).toBe(false);
});

test('429 says neither: somebody is there and limits its callers, whoever was there before', () => {
  expect(isReceiverAbsent(answered(429))).toBe(false);
  expect(isReceiverThere(answered(429))).toBe(false);
});

test.each(['reset', 'timeout'] as const)(
  '429 that breaks off by %s says neither, 200 that does says absent',
  (fault) => {
    expect(isReceiverAbsent({ ...faulted(fault), statusCode: 429 })).toBe(false);
    expect(isReceiverThere({ ...faulted(fault), statusCode: 429 })).toBe(false);
    expect(isReceiverAbsent({ ...faulted(fault), statusCode: 200 })).toBe(true);
  },
);

test.each(['egress', 'aborted', 'protocol', 'too_large'] as const)('%s says neither', (fault) => {
  expect(isReceiverAbsent(faulted(fault))).toBe(false);
  expect(isReceiverThere(faulted(fault))).toBe(false);
});

test('probes after 10 s, 30 s, then every 60 s', () => {
  const waits = [0, 1, 2, 3, 1000].map((failedProbes) => probeWaitMs({ failedProbes, retryAfterMs: null }));
  expect(waits).toEqual([10_000, 30_000, 60_000, 60_000, 60_000]);
});

test('probes that repeat are not in step with a receiver that comes and goes', () => {
  const waits = [0, 0.5, 0.999999].map((random) => probeWaitMs({ failedProbes: 2, retryAfterMs: null, random }));
  expect(waits).toEqual([45_000, 60_000, 75_000]);
  expect(probeWaitMs({ failedProbes: 0, retryAfterMs: null, random: 0 })).toBe(10_000);
});

test('Retry-After lengthens the wait for a probe, never shortens it', () => {
  expect(probeWaitMs({ failedProbes: 0, retryAfterMs: 3_600_000 })).toBe(3_600_000);
  expect(probeWaitMs({ failedProbes: 5, retryAfterMs: 1000 })).toBe(60_000);
});
