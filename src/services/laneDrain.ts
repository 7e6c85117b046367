import type { LaneStep } from '../contracts/carrying';
import { claimBehindLane, restLane } from '../db/carrying/lanes';
import type { Database } from '../db/database';
import type { AttemptTarget, Unsent } from './attempts/attempt';
import type { AttemptRunner } from './attempts/attemptRunner';
import type { Gate } from './attempts/gate';
import type { Carriers } from './carriers/carriers';
import { subjectOf } from './subject';

const STRETCH_MS = 60_000;
const MAX_BATCH = 100;
/** What is claimed ahead of its turn, in milliseconds of the receiver's present rate: a claim that waits may run out. */
const AHEAD_MS = 50;
/** How often to look when nothing ends. */
const LOOK_EVERY_MS = 100;
const SEND_WITHIN_MS = 20_000;

export interface LaneDrainOptions {
  db: Database;
  runner: AttemptRunner;
  gate: Gate<Unsent>;
  carriers: Carriers;
  target(subscriptionId: string, version?: number): Promise<AttemptTarget>;
  share(maxInFlight: number): number;
}

export type LaneDrain = (stretch: {
  subscriptionId: string;
  onProgress(): void;
  isStopped(): boolean;
}) => Promise<LaneStep>;

/** Empties an independent subscription's lane: oldest first, side by side up to `maxInFlight`, claimed in batches. */
export function createLaneDrain({ db, runner, gate, carriers, target, share }: LaneDrainOptions): LaneDrain {
  return async ({ subscriptionId, onProgress, isStopped }) => {
    const startedAt = performance.now();
    const { maxInFlight } = await target(subscriptionId);
    let outstanding = 0;
    let endedSince = 0;
    let countedFrom = startedAt;
    let onEnd = () => {};

    while (!isStopped() && performance.now() - startedAt < STRETCH_MS) {
      onProgress();
      const limit = share(maxInFlight);
      const elapsedMs = Math.max(1, performance.now() - countedFrom);
      const ahead = Math.min(MAX_BATCH, Math.floor((endedSince / elapsedMs) * AHEAD_MS));
      const room = limit + ahead - outstanding;
      const hasFreeSlot = gate.inFlightOf(subscriptionId) < limit;
      if (room > 0 && (hasFreeSlot || ahead > 0)) {
        const claimed = await claimBehindLane(db, { subscriptionId, limit: Math.min(room, MAX_BATCH) });
        endedSince = 0;
        countedFrom = performance.now();
        for (const delivery of claimed) {
          outstanding++;
          void runner.start(delivery, { sendWithinMs: SEND_WITHIN_MS }).ended.then(() => {
            outstanding--;
            endedSince++;
            if (outstanding <= (limit + ahead) / 2) onEnd();
          });
        }
        if (claimed.length === 0 && outstanding === 0) {
          const rest = await restLane(db, subscriptionId);
          if (rest.kind === 'wait') return { next: 'wait', waitMs: rest.waitMs, waiting: rest.waiting };
          if (rest.kind === 'held') {
            return { next: 'held', state: rest.state, since: rest.since.toISOString(), waiting: rest.waiting };
          }
          if (rest.kind === 'asleep') {
            const subscription = await target(subscriptionId);
            for (const { deliveryId, generation, topic } of rest.released) {
              carriers.carryAlone({ deliveryId, generation, subject: subjectOf(subscription, topic) });
            }
            return { next: 'end' };
          }
        }
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_EVERY_MS);
        onEnd = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return { next: 'drain' };
  };
}
