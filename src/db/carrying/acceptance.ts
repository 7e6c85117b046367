import type { Selection } from '../../domain/selectors';
import type { AcceptedDelivery } from './deliveriesOfMatches';

/** One event to accept; `selections`: all that a matching subscription can have stored. */
export interface EventToAccept {
  tenantId: string;
  source: string;
  topic: string;
  type: string;
  status: string;
  key: string;
  changes: string;
  publisher: { tenantId: string | null; appId: string | null; keyId: string };
  idempotency?: { key: string; bodyHash: Buffer };
  selections: Selection[];
  /** The last event of its topic met lanes that were ordered or in use: the statement for those that do not is not tried. */
  expectsLanes?: boolean;
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
