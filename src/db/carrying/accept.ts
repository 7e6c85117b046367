import type { Database } from '../database';
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
}

/**
 * Commits a group of events. One that matches too many is refused as for its content; alone, it is committed with what
 * fits.
 *
 * @returns one entry per event, in order. @throws a database error, and then nothing of the group is written.
 */
export async function acceptEvents(
  db: Database,
  { events, attempting, maxAtOnce = MAX_AT_ONCE }: EventsToAccept,
): Promise<(AcceptedEvent | KnownKey)[]> {
  const options = { attempting, maxAtOnce };
  const [event] = events;
  if (event && events.length === 1 && !event.expectsOrder && event.selections.every(({ targets }) => !targets)) {
    const accepted = await acceptAlone(db, event, options);
    if (accepted) return [accepted];
  }
  return acceptGroup(db, events, options);
}
