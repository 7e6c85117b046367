import type { LaneStanding } from '../../../src/contracts/carrying';
import { LANE_STATES } from '../../../src/contracts/states';
import { describeLane, summarizeLane } from '../../../src/domain/describeLane';

const STANDING: LaneStanding = {
  state: 'retrying',
  reason: 'attempt_failed',
  since: '2026-01-02T03:04:05.678Z',
  waiting: 101,
  head: '0190b0f0-0000-7000-8000-000000000001',
  nextAttemptAt: '2026-01-02T03:09:05.678Z',
  lastAttempt: { number: 3, text: 'the receiver answered 503' },
};

const describeIt = (standing: Partial<LaneStanding>) => describeLane({ ...STANDING, ...standing });

test('says since when it stands, how much waits, what failed and when it goes on', () => {
  const text = describeIt({});
  expect(text).toContain('Since 2026-01-02T03:04:05.678Z (UTC)');
  expect(text).toContain('101 deliveries wait');
  expect(text).toContain('`0190b0f0-0000-7000-8000-000000000001`');
  expect(text).toContain('Attempt 3 of the first one said: the receiver answered 503.');
  expect(text).toContain('Next attempt at **2026-01-02T03:09:05.678Z**');
});

test('leaves out what there is not', () => {
  const text = describeIt({ waiting: 1, head: null, nextAttemptAt: null, lastAttempt: null });
  expect(text).toContain('1 delivery waits');
  expect(text).not.toMatch(/The first is|said:|Next attempt|null|undefined/);
});

/** Why it stands, and what an operator does about it. */
const PAGES: Record<LaneStanding['state'], { reason: string | null; why: RegExp; advice: RegExp }> = {
  awaiting_history: { reason: null, why: /Held: .*history/, advice: /send the signal `historyProcessed`/ },
  paused: { reason: 'paused', why: /subscription is paused/, advice: /POST \/v1\/subscriptions\/\{id\}\/resume/ },
  stopped: { reason: 'gone', why: /Stopped \(gone\): .*failed for good/, advice: /`activate`.*\/cancel/ },
  retrying: { reason: 'attempt_failed', why: /first delivery failed/, advice: /`activate`.*`stop`/ },
  sick: {
    reason: 'unavailable',
    why: /receiver does not answer/,
    advice: /To probe at once, send the signal `activate`/,
  },
  running: { reason: null, why: /not due yet/, advice: /Nothing to do/ },
  idle: { reason: null, why: /Nothing waits/, advice: /Nothing to do/ },
};

test.each(LANE_STATES)('%s: why, and what to do', (state) => {
  const { reason, why, advice } = PAGES[state];
  const [headline, ...rest] = describeIt({ state, reason }).split('\n\n');
  expect(headline).toMatch(why);
  expect(rest.at(-1)).toMatch(advice);
});

test('stopped by hand is nobody’s failure', () => {
  const text = describeIt({ state: 'stopped', reason: 'stopped_by_hand' });
  expect(text).toContain('**Stopped by hand.**');
  expect(text).not.toContain('failed for good');
});

test('the summary is one line, with the reason where there is one', () => {
  expect(summarizeLane({ ...STANDING, state: 'stopped', reason: 'gone' })).toBe('stopped (gone): 101 waiting');
  expect(summarizeLane({ ...STANDING, state: 'awaiting_history', reason: null })).toBe('awaiting_history: 101 waiting');
});
