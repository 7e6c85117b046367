import type { LaneStep } from '../../contracts/carrying';
import { claimBehindLane } from '../../db/carrying/claimBehindLane';
import { readLaneState } from '../../db/carrying/lanes';
import { restLane } from '../../db/carrying/restLane';
import type { DeliveryToAttempt } from '../../domain/delivery';
import { isReceiverThere } from '../../domain/receiverPresence';
import { subjectOf } from '../subject';
import { Bell } from './bell';
import { waitStep } from './lookAtLane';
import { Ramp } from './ramp';
import { LOOK_EVERY_MS, SEND_WITHIN_MS, type SideBySide } from './sideBySide';

const MAX_BATCH = 100;
/** What is claimed ahead of its turn, in milliseconds of the receiver's present rate: a claim that waits may run out. */
const AHEAD_MS = 50;
/** A receiver that has a pace is claimed for no further ahead: what waits longer waits in its row. */
const PACED_AHEAD_MS = 500;
/** Waiting longer for the pace gives the worker's slot to others. */
const PACE_PATIENCE_MS = 2000;
/** By then the lane is looked at again, whatever its receiver asked for: its row allows for two minutes. */
const MAX_PACE_WAIT_MS = 60_000;

/**
 * Empties a running lane: side by side up to `maxInFlight` after a slow start, claimed in batches.
 *
 * @returns null when the lane runs no more, or the stretch is over.
 */
export async function drainRunning(part: SideBySide): Promise<LaneStep | null> {
  const { db, runner, gate, steering, target, share, isOver } = part;
  const subscriptionId = target.id;
  const ramp = new Ramp();
  const bell = new Bell();
  let outstanding = 0;
  let endedSince = 0;
  let countedFrom = performance.now();

  function begin(delivery: DeliveryToAttempt, { seen, ringAt }: { seen: number; ringAt: number }): void {
    outstanding++;
    void runner.start(delivery, { seen, sendWithinMs: SEND_WITHIN_MS }).ended.then((end) => {
      outstanding--;
      endedSince++;
      if (end.kind === 'ended' && isReceiverThere(end.attempted.result)) ramp.grow();
      if (outstanding <= ringAt) bell.ring();
    });
  }

  while (!isOver()) {
    const allowed = share(target);
    const limit = ramp.under(allowed);
    const elapsedMs = Math.max(1, performance.now() - countedFrom);
    const ahead = limit < allowed ? 0 : Math.min(MAX_BATCH, Math.floor((endedSince / elapsedMs) * AHEAD_MS));
    const room = gate.roomWithin(subscriptionId, PACED_AHEAD_MS);
    const wanted = Math.min(limit + ahead - outstanding, MAX_BATCH, room);
    const hasFreeSlot = gate.inFlightOf(subscriptionId) < allowed;
    if (wanted > 0 && (hasFreeSlot || ahead > 0)) {
      const seen = steering.now();
      const claimed = await claimBehindLane(db, { subscriptionId, limit: wanted, laneState: 'running' });
      endedSince = 0;
      countedFrom = performance.now();
      for (const delivery of claimed) begin(delivery, { seen, ringAt: (limit + ahead) / 2 });
      if (claimed.length === 0 && outstanding === 0) {
        const step = await rest(part);
        if (step !== 'busy') return step;
      } else if (claimed.length === 0 && (await readLaneState(db, subscriptionId)) !== 'running') {
        return null;
      }
    }
    const paceWaitMs = gate.paceWaitMs(subscriptionId);
    if (outstanding === 0 && paceWaitMs > PACE_PATIENCE_MS) {
      const waitMs = Math.min(paceWaitMs, MAX_PACE_WAIT_MS);
      return waitStep(db, { lane: { subscriptionId, topic: '' }, waitMs });
    }
    await bell.wait(LOOK_EVERY_MS);
  }
  return null;
}

/** Nothing is due, and nothing under way. */
async function rest({ db, target, carriers }: SideBySide): Promise<LaneStep | null | 'busy'> {
  const subscriptionId = target.id;
  const rested = await restLane(db, { subscriptionId, as: 'running' });
  switch (rested.kind) {
    case 'busy':
      return 'busy';
    case 'changed':
      return null;
    case 'wait':
      return waitStep(db, { lane: { subscriptionId, topic: '' }, waitMs: rested.waitMs });
    case 'asleep':
      for (const { deliveryId, generation, topic } of rested.released) {
        carriers.carryAlone({ deliveryId, generation, subject: subjectOf(target, topic) });
      }
      return { next: 'end' };
  }
}
