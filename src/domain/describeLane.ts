import type { LaneStanding } from '../contracts/carrying';

/** Why a lane stands, since when, how much waits and what to do, in plain words (Markdown) for the Temporal UI. */
export function describeLane(standing: LaneStanding): string {
  const { state, since, waiting, head, lastAttempt, nextAttemptAt } = standing;
  const last = lastAttempt ? `Attempt ${lastAttempt.number} of the first one said: ${lastAttempt.text}.` : '';
  const first = head ? ` The first is \`${head}\`.` : '';
  const facts = `${waiting} ${waiting === 1 ? 'delivery waits' : 'deliveries wait'} (at the last look).${first}`;
  const paragraphs = [`**${headline(standing)}** Since ${since} (UTC).`, facts];
  if (last) paragraphs.push(last);
  if (nextAttemptAt) paragraphs.push(`Next attempt at **${nextAttemptAt}** (UTC).`);
  paragraphs.push(ADVICE[state]);
  return paragraphs.join('\n\n');
}

/** One line for the timer that the UI shows in the history. */
export function summarizeLane({ state, reason, waiting }: LaneStanding): string {
  return `${state}${reason === null ? '' : ` (${reason})`}: ${waiting} waiting`;
}

function headline({ state, reason }: LaneStanding): string {
  switch (state) {
    case 'awaiting_history':
      return 'Held: the subscriber has not said that it has processed the history.';
    case 'paused':
      return 'The subscription is paused.';
    case 'stopped':
      return reason === 'stopped_by_hand'
        ? 'Stopped by hand.'
        : `Stopped (${reason}): its first delivery failed for good.`;
    case 'retrying':
      return 'The first delivery failed; everything after it waits for its next attempt.';
    case 'sick':
      return 'The receiver does not answer; it is probed from time to time.';
    case 'running':
      return 'What waits is not due yet.';
    case 'idle':
      return 'Nothing waits.';
  }
}

const ADVICE: Record<LaneStanding['state'], string> = {
  awaiting_history:
    'It goes out, in order, after `historyProcessed`: the subscriber calls it when it has caught up. To release it without the subscriber, send the signal `historyProcessed`.',
  paused: 'It goes out when the subscription is resumed (`POST /v1/subscriptions/{id}/resume`).',
  stopped:
    'When the receiver is mended, send the signal `activate`. To go on without the first one, cancel it (`POST /v1/deliveries/{id}/cancel`) and then activate.',
  retrying: 'To try at once, send the signal `activate`; to hold everything, `stop`.',
  sick: 'To probe at once, send the signal `activate`. As soon as the receiver answers for itself, everything goes out.',
  running: 'Nothing to do.',
  idle: 'Nothing to do.',
};
