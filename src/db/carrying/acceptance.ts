import type { EventContent, Publisher } from '../../domain/delivery';
import type { Selection } from '../../domain/selectors';
import type { AcceptedDelivery } from './deliveriesOfMatches';

/** SQL, of a row with `at`: until when a claimed Idempotency-Key is known (publish.md: at least 7 days). */
export const KEY_EXPIRES_AT = "at + interval '7 days'";

/**
 * What an Idempotency-Key is stored as: an app's keys are its own, and so are those of an API key that has no app. It
 * begins with a character that no header can hold, so it is none of the keys that releases before this one stored
 * as they came, for the whole tenant.
 */
export function storedKey({ key, publisher }: { key: string; publisher: Publisher }): string {
  const { tenantId, appId, keyId } = publisher;
  return `\u0001${JSON.stringify(appId === null ? [keyId, key] : [tenantId, appId, key])}`;
}

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

/** How a group is accepted. */
export interface AcceptOptions {
  /** This process makes the first attempts itself. */
  attempting: boolean;
  /** More matches than these are not written at once. */
  maxAtOnce: number;
  /** How long the statement waits for a locked row. */
  lockTimeoutMs: number;
  /** One event that matches more is committed with the first of them; else it is refused as a group is. */
  splitsLarge: boolean;
}

/**
 * SQL: true, and from there on the transaction gives up a locked row after so long. In the statement itself: a setting
 * of the connection would take a round trip of its own, and one of the pool would hold for all its statements.
 */
export const giveUpLocksAfter = (ms: string) => `set_config('lock_timeout', ${ms}::text, true) IS NOT NULL`;

export interface AcceptedEvent {
  eventId: string;
  acceptedAt: Date;
  deliveries: AcceptedDelivery[];
  /** It matches more than this: the event's `fan-out/…` workflow writes the rest. */
  isUnfinished: boolean;
}

/** A known Idempotency-Key: nothing was written for this event. */
export interface KnownKey {
  knownKey: { eventId: string; bodyHash: Buffer };
}
