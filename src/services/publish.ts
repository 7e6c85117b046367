import { setImmediate } from 'node:timers/promises';
import type { AcceptedEvent, EventToAccept, KnownKey, PublishedEvent } from '../db/carrying/acceptance';
import type { StoredEvent } from '../domain/delivery';
import { selectionsOf } from '../domain/selectors';
import { IdempotencyKeyReused } from './errors';
import { LastMet } from './lastMet';
import type { SteeringWatch } from './steering/steeringWatch';
import { FairWriter } from './writers/fairWriter';
import type { HeavyPaces } from './writers/heavyPaces';
import type { LightPublishes } from './writers/lightPublishes';
import type { Place, WriteOptions } from './writers/place';

/**
 * Commits an event with a pending delivery per match, then has them delivered.
 *
 * @throws IdempotencyKeyReused; Refusal 503 with retryAfterS when too many of its tenant's publishes wait, or a lane that
 * it needs stays locked; a database error otherwise.
 */
export type Publish = (input: PublishedEvent) => Promise<{ eventId: string }>;

const MAX_EVENTS = 200;
const MAX_DELIVERIES = 5000;
const MAX_BYTES = 8 * 1024 * 1024;
/** Of all tenants; one that is alone has half of them. */
const MAX_WAITING = 4000;
/** Groups of single tenants written at once, beside the one that tenants share: a tenant alone has two (docs/decisions/0013-accept-writers.md). */
const WRITERS = 4;
/** An event that met more is not light: a full group of light ones writes 2,000 deliveries, in a tenth of a second. */
const LIGHT_DELIVERIES = 10;
/** A full group of light events is within MAX_BYTES. */
const LIGHT_BYTES = MAX_BYTES / MAX_EVENTS;
/** A shared group is refused when it matches so many more than it met the last time. */
const UNEXPECTED_DELIVERIES = 100;
/** What waits for a locked lane is answered before its caller gives up (10 s). */
const LOCKED_FOR_MS = 7000;
/** A heavy event that waits longer for its tenant's pace is written with one delivery; the rest follows at that pace. */
const PACED_FOR_MS = 2000;

export interface AcceptOptions {
  /** How long the statement waits for a locked row. */
  lockTimeoutMs: number;
  /** A group that matches more than this is refused as for its content. Null: as many as are written at once. */
  atMost: number | null;
  /** Of an event alone, so many of its independent deliveries are written with it. */
  maxAtOnce: number;
}

export interface PublishOptions {
  accept(events: EventToAccept[], options: AcceptOptions): Promise<(AcceptedEvent | KnownKey)[]>;
  isContentError(error: unknown): boolean;
  isLockTimeout(error: unknown): boolean;
  steering: Pick<SteeringWatch, 'now'>;
  light: Pick<LightPublishes, 'observe'>;
  heavyPaces: HeavyPaces;
  /** @param seen `steering.now()` from before it was accepted. */
  onAccepted(event: StoredEvent, accepted: AcceptedEvent, seen: number): void;
}

interface Written {
  accepted: AcceptedEvent | KnownKey;
  seen: number;
}

export function createPublish({
  accept,
  isContentError,
  isLockTimeout,
  steering,
  light,
  heavyPaces,
  onAccepted,
}: PublishOptions): Publish {
  const lastMet = new LastMet();
  const expectedOf = (event: EventToAccept) => lastMet.get(event.tenantId, addressOf(event))?.deliveries ?? 1;

  const writer = new FairWriter<EventToAccept, Written>({
    async write(events, { lockTimeoutMs, isShared }: WriteOptions) {
      const expected = events.reduce((sum, event) => sum + expectedOf(event), 0);
      const atMost = isShared ? expected + UNEXPECTED_DELIVERIES : null;
      const seen = steering.now();
      const tenantId = events[0]?.tenantId ?? '';
      const maxAtOnce = isShared ? Number.POSITIVE_INFINITY : heavyPaces.atOnce(tenantId);
      const beganMs = performance.now();
      const written = await accept(events, { lockTimeoutMs, atMost, maxAtOnce });
      if (!isShared) heavyPaces.wrote(tenantId, { deliveries: sumOf(written), tookMs: performance.now() - beganMs });
      return written.map((accepted) => ({ accepted, seen }));
    },
    waitMs: (tenantId) => Math.min(PACED_FOR_MS, heavyPaces.waitMs(tenantId)),
    writers: WRITERS,
    maxItems: MAX_EVENTS,
    maxWaiting: MAX_WAITING,
    limits: [
      { weigh: (event) => Buffer.byteLength(event.changes), max: MAX_BYTES },
      { weigh: (_event, { cost }) => cost, max: MAX_DELIVERIES },
    ],
    isContentError,
    isLockTimeout,
    lockedForMs: LOCKED_FOR_MS,
  });

  /** Of an address that nobody has published to lately nothing is known: it may meet lanes, and is refused if it meets many. */
  function placeOf(event: EventToAccept): Place {
    const { tenantId, changes, selections } = event;
    const flow = addressOf(event);
    const met = lastMet.get(tenantId, flow);
    const targets = selections.reduce((sum, selection) => sum + (selection.targets?.length ?? 0), 0);
    const isSmall = targets === 0 && Buffer.byteLength(changes) <= LIGHT_BYTES;
    const isLight = isSmall && (met?.deliveries ?? 0) <= LIGHT_DELIVERIES;
    return {
      ...{ tenantId, flow, cost: met?.deliveries ?? 1 + targets },
      shares: isLight ? (met?.locks === false ? 'free' : 'locking') : null,
    };
  }

  async function publish(input: PublishedEvent): Promise<{ eventId: string }> {
    const address = addressOf(input);
    const expectsOrder = lastMet.get(input.tenantId, address)?.order;
    const event = { ...input, selections: selectionsOf(input), expectsOrder };
    const place = placeOf(event);
    const submittedMs = performance.now();
    const { accepted, seen } = await writer.submit(event, place);
    if (place.shares !== null) light.observe(input.tenantId, performance.now() - submittedMs);
    if ('knownKey' in accepted) {
      const { eventId, bodyHash } = accepted.knownKey;
      if (!input.idempotency?.bodyHash.equals(bodyHash)) throw new IdempotencyKeyReused();
      return { eventId };
    }
    const { eventId, acceptedAt, deliveries } = accepted;
    if (place.shares !== null && deliveries.length > UNEXPECTED_DELIVERIES) writer.keepApart(input.tenantId);
    lastMet.set(input.tenantId, address, {
      deliveries: deliveries.length,
      locks: deliveries.some(({ behindLane }) => behindLane),
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

function sumOf(written: (AcceptedEvent | KnownKey)[]): number {
  return written.reduce((sum, one) => sum + ('deliveries' in one ? one.deliveries.length : 0), 0);
}

/** What decides whom an event meets: its topic, and for some interfaces its type. */
function addressOf({ topic, type }: { topic: string; type: string }): string {
  return `${topic}\n${type}`;
}

/**
 * At low load the deliveries go before the answer, which costs as much to write as an attempt: within one turn of the event loop
 * attempts find their connections, and their bytes leave on those that are idle. Under load turns are long, and producers who
 * wait for answers send less.
 */
async function firstAttemptsSent(): Promise<void> {
  await setImmediate();
}
