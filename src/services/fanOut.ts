import { setTimeout as sleep } from 'node:timers/promises';
import type { FanOutInput, FanOutStep } from '../contracts/carrying';
import type { AcceptedDelivery } from '../db/carrying/deliveriesOfMatches';
import { countUnanswered, type FanOutPage, writeFanOutPage } from '../db/carrying/fanOut';
import { writeTargetPages } from '../db/carrying/fanOutTargets';
import { NO_ID } from '../db/carrying/firstMatches';
import { asShare } from '../db/connectionShare';
import type { Database } from '../db/database';
import { findEvent } from '../db/events';
import type { Share } from '../domain/fairness/fairQueue';
import { FairSlots } from '../domain/fairness/fairSlots';
import { selectionsOf } from '../domain/selectors';
import type { HeavyPaces } from './writers/heavyPaces';

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
/** How long it waits for its tenant's pace before it looks again. */
const PACED_WITHIN_MS = 1000;
/** A stretch this long ends, so that the workflow's history shows that it moves. */
const STRETCH_MS = 60_000;

export interface FanOutOptions {
  db: Database;
  /** Gives written deliveries their carriers. */
  carry(deliveries: AcceptedDelivery[]): Promise<void>;
  heavyPaces: HeavyPaces;
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
export function createFanOut({ db, carry, heavyPaces, page = PAGE }: FanOutOptions): FanOut {
  const writers = new FairSlots({ slots: WRITERS });

  /** @returns null: it was not its turn. Its heartbeat is due, and it may have been told to stop. */
  async function writeInTurn(share: Share, write: () => Promise<FanOutPage>): Promise<FanOutPage | null> {
    const { tenantId } = share;
    const waitMs = heavyPaces.waitMs(tenantId);
    if (waitMs > 0) {
      await sleep(Math.min(waitMs, PACED_WITHIN_MS));
      return null;
    }
    const seat = await writers.enterWithin(share, WRITER_WITHIN_MS);
    if (!seat) return null;
    try {
      // Another of the tenant's events was first.
      if (heavyPaces.waitMs(tenantId) > 0) return null;
      const beganMs = performance.now();
      const page = await asShare(share, write);
      heavyPaces.wrote(tenantId, { deliveries: page.deliveries.length, tookMs: performance.now() - beganMs });
      return page;
    } finally {
      writers.leave(seat);
    }
  }

  return async ({ eventId }, { isStopped, onProgress }) => {
    const event = await findEvent(db.knex, eventId);
    // Retention keeps what is unfinished.
    if (!event) return { isComplete: true, written: 0 };
    const most = Math.ceil(page * UNANSWERED_PART);
    const selections = selectionsOf(event);
    const { tenantId } = event;
    const share = { tenantId, flow: eventId };
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
          : writeFanOutPage(db, { eventId, selections, limit: Math.min(page, heavyPaces.atOnce(tenantId)) });
      const next = await writeInTurn(share, write);
      if (!next) continue;
      written += next.deliveries.length;
      await carry(next.deliveries);
      if (next.isComplete && hasAllSubscriptions) return { isComplete: true, written };
      hasAllSubscriptions ||= next.isComplete;
    }
    return { isComplete: false, written };
  };
}
