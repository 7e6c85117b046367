import { setTimeout as sleep } from 'node:timers/promises';
import type { FanOutInput, FanOutStep } from '../contracts/carrying';
import type { AcceptedDelivery } from '../db/carrying/deliveriesOfMatches';
import { countUnanswered, type FanOutPage, writeFanOutPage } from '../db/carrying/fanOut';
import { writeTargetPages } from '../db/carrying/fanOutTargets';
import { NO_ID } from '../db/carrying/firstMatches';
import { asShare } from '../db/connectionShare';
import type { Database } from '../db/database';
import { findEvent } from '../db/events';
import { FairSlots } from '../domain/fairness/fairSlots';
import { selectionsOf } from '../domain/selectors';

/** Subscriptions a statement. */
export const PAGE = 2000;
/**
 * The next page is written when so much of one is unanswered, of all that was written of the event: what its receivers
 * cannot take waits in no process's memory, and a claim finds its turn before it runs out.
 */
const UNANSWERED_PART = 1 / 4;
const LOOK_EVERY_MS = 200;
/**
 * Pages that are written at once, of which one tenant has half: pages of its events lock the same lanes, so a second one would
 * mostly wait, with a connection and a core that publishes need.
 */
const WRITERS = 2;
/** Below the time in which a heartbeat is due (workflows/fanOut.ts). */
const WRITER_WITHIN_MS = 5000;
/** A stretch this long ends, so that the workflow's history shows that it moves. */
const STRETCH_MS = 60_000;

export interface FanOutOptions {
  db: Database;
  /** Gives written deliveries their carriers. */
  carry(deliveries: AcceptedDelivery[]): Promise<void>;
  /** Default PAGE. */
  page?: number;
}

export interface Stretch {
  isStopped(): boolean;
  /** Called several times a second. */
  onProgress(): void;
}

export type FanOut = (input: FanOutInput, stretch: Stretch) => Promise<FanOutStep>;

/**
 * Writes the deliveries that an event's acceptance left, a page at a time, as fast as they are answered. How far it is
 * stands in the event's row: it can end at any moment, and go on in any process.
 */
export function createFanOut({ db, carry, page = PAGE }: FanOutOptions): FanOut {
  const writers = new FairSlots({ slots: WRITERS });
  return async ({ eventId }, { isStopped, onProgress }) => {
    const event = await findEvent(db.knex, eventId);
    // Retention keeps what is unfinished.
    if (!event) return { isComplete: true, written: 0 };
    const most = Math.ceil(page * UNANSWERED_PART);
    const selections = selectionsOf(event);
    const share = { tenantId: event.tenantId, flow: eventId };
    const endsAt = performance.now() + STRETCH_MS;
    let written = 0;
    let from = NO_ID;
    let hasAllSubscriptions = false;
    while (!isStopped() && performance.now() < endsAt) {
      onProgress();
      const unanswered = await countUnanswered(db, { eventId, from, most });
      from = unanswered.first ?? from;
      if (unanswered.count >= most) {
        await sleep(LOOK_EVERY_MS);
        continue;
      }
      const write = (): Promise<FanOutPage> =>
        hasAllSubscriptions
          ? writeTargetPages(db, { eventId, selections })
          : writeFanOutPage(db, { eventId, selections, limit: page });
      const seat = await writers.enterWithin(share, WRITER_WITHIN_MS);
      // Its heartbeat is due, and it may have been told to stop.
      if (!seat) continue;
      const next = await asShare(share, write).finally(() => writers.leave(seat));
      written += next.deliveries.length;
      await carry(next.deliveries);
      if (next.isComplete && hasAllSubscriptions) return { isComplete: true, written };
      hasAllSubscriptions ||= next.isComplete;
    }
    return { isComplete: false, written };
  };
}
