import { setImmediate } from 'node:timers/promises';
import type { AcceptedEvent, EventToAccept, KnownKey, PublishedEvent } from '../db/carrying/acceptance';
import type { StoredEvent } from '../domain/delivery';
import { selectionsOf } from '../domain/selectors';
import { IdempotencyKeyReused } from './errors';
import { GroupWriter } from './groupWriter';
import type { SteeringWatch } from './steering/steeringWatch';

/**
 * Commits an event with a pending delivery per match, then has them delivered.
 *
 * @throws IdempotencyKeyReused; Refusal 503 with retryAfterS when too many publishes wait; a database error otherwise.
 */
export type Publish = (input: PublishedEvent) => Promise<{ eventId: string }>;

const MAX_EVENTS = 200;
const MAX_DELIVERIES = 5000;
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_WAITING = 2000;
/** Topics of which is remembered what their last event met. */
const MAX_REMEMBERED = 10_000;

export interface PublishOptions {
  accept(events: EventToAccept[]): Promise<(AcceptedEvent | KnownKey)[]>;
  isContentError(error: unknown): boolean;
  steering: Pick<SteeringWatch, 'now'>;
  /** @param seen `steering.now()` from before it was accepted. */
  onAccepted(event: StoredEvent, accepted: AcceptedEvent, seen: number): void;
}

interface Written {
  accepted: AcceptedEvent | KnownKey;
  seen: number;
}

export function createPublish({ accept, isContentError, steering, onAccepted }: PublishOptions): Publish {
  /** How many deliveries, to keep a group's rows within bounds; whether ordered ones, which cost an event alone a statement. */
  const lastMet = new Map<string, { deliveries: number; order: boolean }>();
  const metKey = ({ tenantId, topic }: { tenantId: string; topic: string }) => `${tenantId}\n${topic}`;

  const writer = new GroupWriter<EventToAccept, Written>({
    async write(events) {
      const seen = steering.now();
      return (await accept(events)).map((accepted) => ({ accepted, seen }));
    },
    maxItems: MAX_EVENTS,
    maxWaiting: MAX_WAITING,
    limits: [
      { weigh: (event) => Buffer.byteLength(event.changes), max: MAX_BYTES },
      { weigh: (event) => lastMet.get(metKey(event))?.deliveries ?? 1, max: MAX_DELIVERIES },
    ],
    isContentError,
  });

  async function publish(input: PublishedEvent): Promise<{ eventId: string }> {
    const { accepted, seen } = await writer.submit({
      ...input,
      selections: selectionsOf(input),
      expectsOrder: lastMet.get(metKey(input))?.order,
    });
    if ('knownKey' in accepted) {
      const { eventId, bodyHash } = accepted.knownKey;
      if (!input.idempotency?.bodyHash.equals(bodyHash)) throw new IdempotencyKeyReused();
      return { eventId };
    }
    const { eventId, acceptedAt, deliveries } = accepted;
    if (lastMet.size >= MAX_REMEMBERED) lastMet.clear();
    lastMet.set(metKey(input), {
      deliveries: deliveries.length,
      order: deliveries.some(({ ordered }) => ordered),
    });
    const { tenantId, source, topic, type, status, key, changes } = input;
    onAccepted({ id: eventId, tenantId, source, topic, type, status, key, changes, acceptedAt }, accepted, seen);
    return { eventId };
  }

  let underWay = 0;
  return async (input) => {
    underWay++;
    try {
      const published = await publish(input);
      if (underWay === 1) await firstAttemptsSent();
      return published;
    } finally {
      underWay--;
    }
  };
}

/**
 * At low load the deliveries go before the answer, which costs as much to write as an attempt: in the first turn of the
 * event loop attempts find their connections, in the second their bytes leave (undici looks at an idle connection for
 * a turn before it uses it). Under load turns are long, and producers who wait for answers send less.
 */
async function firstAttemptsSent(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
