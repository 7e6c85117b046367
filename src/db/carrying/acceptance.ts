import type { EventContent, Publisher } from '../../domain/delivery';
import type { Selection } from '../../domain/selectors';
import type { AcceptedDelivery } from './deliveriesOfMatches';

/** SQL, of a row with `at`: until when a claimed Idempotency-Key is known (publish.md: at least 7 days). */
export const KEY_EXPIRES_AT = "at + interval '7 days'";

/** One event as a producer hands it over, validated (publish.md). */
export interface PublishedEvent extends EventContent {
  publisher: Publisher;
  /** bodyHash: SHA-256 over the parsed body in canonical form, so that white space and member order do not matter. */
  idempotency?: { key: string; bodyHash: Buffer };
}

/** One event to accept; `selections`: all that a matching subscription can have stored. */
export interface EventToAccept extends PublishedEvent {
  selections: Selection[];
  /** The last event of its topic met ordered lanes: the statement for those that do not is not tried. */
  expectsOrder?: boolean;
}

export interface AcceptedEvent {
  eventId: string;
  acceptedAt: Date;
  deliveries: AcceptedDelivery[];
  /** It matches more than this: `fan-out/<eventId>` writes the rest. */
  isUnfinished: boolean;
}

/** A known Idempotency-Key: nothing was written for this event. */
export interface KnownKey {
  knownKey: { eventId: string; bodyHash: Buffer };
}
