import type { LaneStep } from '../../contracts/carrying';
import { claimBehindLane } from '../../db/carrying/claimBehindLane';
import { planProbe, restSickLane, takeProbe } from '../../db/carrying/sick';
import type { DeliveryToAttempt } from '../../domain/delivery';
import { isReceiverThere, probeWaitMs } from '../../domain/receiverPresence';
import { expiresAfterMs } from '../../domain/retryPolicy';
import { attemptExpired } from './attemptExpired';
import { waitStep } from './lookAtLane';
import { SEND_WITHIN_MS, type SideBySide } from './sideBySide';

/** A workflow that wakes a moment early need not sleep again. */
const EARLY_MS = 50;
const MIN_WAIT_MS = 100;
/** A probe that lasts longer ends without its activity: a receiver that hangs would hold a worker's slot until its deadline. */
const PROBE_PATIENCE_MS = 900;

/**
 * The lane of a receiver that is not there: what has waited for too long gets its last attempt, and one delivery at a time
 * probes.
 *
 * @returns null when the lane has to be looked at again.
 */
export async function drainSick(part: SideBySide): Promise<LaneStep | null> {
  const { db, lane, target, receivers, steering, onFault } = part;
  const subscriptionId = target.id;
  receivers.knowSick(subscriptionId);
  if (lane.forMs >= expiresAfterMs(target.retry) && (await attemptExpired(part))) return null;

  let hadNothing = false;
  if ((lane.nextAttemptInMs ?? 0) <= EARLY_MS) {
    const failedProbes = await takeProbe(db, subscriptionId);
    if (failedProbes !== null) {
      const seen = steering.now();
      const [delivery] = await claimBehindLane(db, { subscriptionId, limit: 1, laneState: 'sick' });
      if (delivery) {
        await within(
          PROBE_PATIENCE_MS,
          probe(part, { delivery, seen, failedProbes }).catch((error: unknown) => onFault(error, subscriptionId)),
        );
        return null;
      }
      hadNothing = true;
    }
  }
  const rest = await restSickLane(db, { subscriptionId, hadNothing });
  if (rest.kind === 'changed') return null;
  if (rest.kind === 'asleep') return { next: 'end' };
  return waitStep(db, { lane: { subscriptionId, topic: '' }, waitMs: Math.max(MIN_WAIT_MS, rest.waitMs) });
}

async function probe(
  { db, runner, target, receivers }: SideBySide,
  { delivery, seen, failedProbes }: { delivery: DeliveryToAttempt; seen: number; failedProbes: number },
): Promise<void> {
  const end = await runner.start(delivery, { seen, sendWithinMs: SEND_WITHIN_MS }).ended;
  const result = end.kind === 'ended' ? end.attempted.result : null;
  if (result && isReceiverThere(result)) return receivers.recover(target);
  const failed = failedProbes + (result ? 1 : 0);
  const waitMs = probeWaitMs({
    failedProbes: failed,
    retryAfterMs: result?.retryAfterMs ?? null,
    random: Math.random(),
  });
  await planProbe(db, { subscriptionId: target.id, waitMs, failedProbes: failed });
}

async function within(withinMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, withinMs);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
