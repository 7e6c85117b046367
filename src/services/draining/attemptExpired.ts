import { claimExpired } from '../../db/carrying/claimBehindLane';
import type { DeliveryToAttempt } from '../../domain/delivery';
import { isReceiverThere } from '../../domain/receiverPresence';
import { expiresAfterMs } from '../../domain/retryPolicy';
import { Bell } from './bell';
import { Ramp } from './ramp';
import { LOOK_EVERY_MS, SEND_WITHIN_MS, type SideBySide } from './sideBySide';

/**
 * One attempt for each delivery that has waited as long as its whole policy lasts; if it fails, the delivery does. The slow
 * start grows with every end: here failures are what is expected, and a receiver that comes back is met by few.
 *
 * @returns whether there were any.
 */
export async function attemptExpired(part: SideBySide): Promise<boolean> {
  const { db, runner, gate, receivers, steering, target, share, isOver } = part;
  const subscriptionId = target.id;
  const ramp = new Ramp();
  const bell = new Bell();
  let outstanding = 0;
  let begun = 0;
  let isThere = false;

  function begin(delivery: DeliveryToAttempt, seen: number): void {
    outstanding++;
    begun++;
    void runner.start(delivery, { seen, sendWithinMs: SEND_WITHIN_MS, isExpired: true }).ended.then(async (end) => {
      if (end.kind === 'ended' && isReceiverThere(end.attempted.result)) {
        await receivers.recover(target);
        isThere = true;
      }
      outstanding--;
      ramp.grow();
      bell.ring();
    });
  }

  while (!isOver() && !isThere) {
    const allowed = share(target);
    const limit = ramp.under(allowed);
    const room = Math.min(limit - outstanding, gate.roomWithin(subscriptionId, LOOK_EVERY_MS));
    if (room > 0 && gate.inFlightOf(subscriptionId) < allowed) {
      const seen = steering.now();
      const claimed = await claimExpired(db, {
        subscriptionId,
        limit: room,
        expiresAfterMs: expiresAfterMs(target.retry),
      });
      for (const delivery of claimed) begin(delivery, seen);
      if (claimed.length === 0 && outstanding === 0) break;
    }
    await bell.wait(LOOK_EVERY_MS);
  }
  return begun > 0;
}
