import { type Database, LOCK_TIMEOUT_MS } from '../database';
import { acceptAlone } from './acceptAlone';
import type { AcceptedEvent, EventToAccept, KnownKey } from './acceptance';
import { acceptGroup } from './acceptGroup';

/** More independent matches than this are not written before the producer's answer (docs/decisions/0009-large-fan-out.md). */
export const MAX_AT_ONCE = 5000;

export interface EventsToAccept {
  events: EventToAccept[];
  /** This process makes the first attempts itself. */
  attempting: boolean;
  /** Default MAX_AT_ONCE. */
  maxAtOnce?: number;
  /** A group that matches more is refused as for its content, also when it is of one event. Default: none is, and one event is committed with `maxAtOnce`. */
  atMost?: number | null;
  /** How long the statement waits for a locked row. Default 6,000. */
  lockTimeoutMs?: number;
}

/**
 * Commits a group of events. One that matches too many is refused as for its content; alone, it is committed with what
 * fits.
 *
 * @returns one entry per event, in order. @throws a database error, and then nothing of the group is written.
 */
export async function acceptEvents(
  db: Database,
  { events, maxAtOnce = MAX_AT_ONCE, atMost = null, lockTimeoutMs = LOCK_TIMEOUT_MS, ...more }: EventsToAccept,
): Promise<(AcceptedEvent | KnownKey)[]> {
  const limit = atMost === null ? maxAtOnce : Math.min(atMost, maxAtOnce);
  const options = { ...more, maxAtOnce: limit, lockTimeoutMs, splitsLarge: atMost === null };
  const [event] = events;
  if (event && events.length === 1 && !event.expectsOrder && event.selections.every(({ targets }) => !targets)) {
    const accepted = await acceptAlone(db, event, options);
    if (accepted) return [accepted];
  }
  return acceptGroup(db, events, options);
}
