import type { Database, Statement } from '../database';

/** One event to accept; `selectors` are all the texts that a matching subscription can have stored. */
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
  selectors: string[];
}

export interface AcceptedDelivery {
  deliveryId: string;
  subscriptionId: string;
  subscriptionVersion: number;
  /** It waits behind its subscription's lane: nobody attempts it now. */
  behindLane: boolean;
  /** It made its lane awake: whoever accepted it tells the lane's workflow. */
  wokeLane: boolean;
}

export interface AcceptedEvent {
  eventId: string;
  acceptedAt: Date;
  deliveries: AcceptedDelivery[];
}

/** A known Idempotency-Key: nothing was written for this event. */
export interface KnownKey {
  knownKey: { eventId: string; bodyHash: Buffer };
}

/**
 * Events, keys and one delivery per match in one statement, so in one transaction and one round trip.
 *
 * - `input`, `event`: ids are made here, at the database's time, which is also their partition's day.
 * - `claimed`: of the same key in two transactions at once, the second waits for the first and then gets no row.
 * - `fresh`: all but the repeats of known keys.
 * - `locked`: the lanes that deliveries go behind, locked in id order. The locked row, not the snapshot, says whether
 *   the lane is still in use: a lane that fell asleep a moment ago would never be woken for what is put behind it.
 * - `delivery`: the insert is the claim of the first attempt where this process attempts ($13); otherwise the delivery
 *   waits for a worker's claim, due at once.
 */
const ACCEPT: Statement = {
  name: 'accept',
  text: `
WITH clock AS MATERIALIZED (
  SELECT date_trunc('milliseconds', now()) AS at
), input AS MATERIALIZED (
  SELECT i.*, clock.at, (clock.at AT TIME ZONE 'UTC')::date AS day,
         uuid_v7_at((extract(epoch FROM clock.at) * 1000)::bigint) AS event_id
  FROM clock, unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
              $9::text[], $10::text[], $11::text[], $12::text[], $14::bytea[], $17::int[], $18::int[])
       AS i(ord, tenant_id, source, topic, type, status, key, publisher_tenant_id, publisher_app_id,
            publisher_key_id, idempotency_key, body_hash, changes_from, changes_bytes)
), claimed AS (
  INSERT INTO idempotency_keys AS k (tenant_id, key, body_hash, event_id, expires_at)
  SELECT tenant_id, idempotency_key, body_hash, event_id, at + interval '7 days'
  FROM input WHERE idempotency_key IS NOT NULL ORDER BY tenant_id, idempotency_key
  ON CONFLICT (tenant_id, key) DO NOTHING
  RETURNING event_id
), fresh AS MATERIALIZED (
  SELECT * FROM input WHERE idempotency_key IS NULL OR event_id IN (SELECT event_id FROM claimed)
), event AS (
  INSERT INTO events (id, day, tenant_id, source, topic, type, status, key, changes, publisher_tenant_id,
                      publisher_app_id, publisher_key_id, accepted_at)
  SELECT event_id, day, tenant_id, source, topic, type, status, key,
         convert_from(substr($8::bytea, changes_from, changes_bytes), 'UTF8'), publisher_tenant_id, publisher_app_id,
         publisher_key_id, at
  FROM fresh
), match AS MATERIALIZED (
  SELECT DISTINCT ON (f.event_id, s.subscription_id)
         f.event_id, f.day, f.at, f.tenant_id AS event_tenant_id, f.topic, s.subscription_id
  FROM fresh f
  JOIN unnest($15::int[], $16::text[]) AS x(ord, selector) ON x.ord = f.ord
  JOIN subscription_selectors s ON s.tenant_id = f.tenant_id AND s.selector = x.selector
  ORDER BY f.event_id, s.subscription_id, length(x.selector) DESC
), locked AS MATERIALIZED (
  SELECT id, subscription_id, state, awake FROM lanes
  WHERE subscription_id IN (SELECT subscription_id FROM match) AND topic = '' AND state <> 'idle'
  ORDER BY id FOR UPDATE
), woken AS (
  UPDATE lanes SET awake = true, due_by = now() + interval '1 minute'
  FROM locked WHERE lanes.id = locked.id AND locked.state = 'running' AND NOT locked.awake
  RETURNING lanes.subscription_id
), delivery AS (
  INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                          attempt, next_attempt_at, due_by, created_at)
  SELECT uuid_v7_at((extract(epoch FROM m.at) * 1000)::bigint), m.day, m.event_id, m.event_tenant_id,
         m.subscription_id, s.tenant_id, s.app_id, m.topic, 'pending',
         CASE WHEN $13 AND l.subscription_id IS NULL THEN 1 ELSE 0 END,
         CASE WHEN NOT $13 AND l.subscription_id IS NULL THEN m.at END,
         CASE WHEN l.subscription_id IS NULL
              THEN now() + interval '30 s' + CASE WHEN $13 THEN s.timeout_ms ELSE 0 END * interval '1 ms' END,
         m.at
  FROM match m
  JOIN subscriptions s ON s.id = m.subscription_id
  LEFT JOIN locked l ON l.subscription_id = m.subscription_id AND l.state <> 'idle'
  RETURNING id, event_id, subscription_id, due_by
)
SELECT f.ord, f.event_id, f.at AS accepted_at,
       d.id AS delivery_id, d.subscription_id, s.version AS subscription_version, d.due_by IS NULL AS behind_lane,
       d.subscription_id IN (SELECT subscription_id FROM woken) AS woke_lane
FROM fresh f
LEFT JOIN delivery d ON d.event_id = f.event_id
LEFT JOIN subscriptions s ON s.id = d.subscription_id`,
};

const KNOWN_KEYS: Statement = {
  name: 'known_keys',
  text: `
SELECT i.ord, k.event_id, k.body_hash
FROM unnest($1::int[], $2::text[], $3::text[]) AS i(ord, tenant_id, key)
JOIN idempotency_keys k ON k.tenant_id = i.tenant_id AND k.key = i.key`,
};

interface AcceptRow {
  ord: number;
  event_id: string;
  accepted_at: Date;
  delivery_id: string | null;
  subscription_id: string | null;
  subscription_version: string | null;
  behind_lane: boolean | null;
  woke_lane: boolean | null;
}

/**
 * Commits a group of events. `attempting`: this process makes the first attempts itself.
 *
 * @returns one entry per event, in order. @throws a database error, and then nothing of the group is written.
 */
export async function acceptEvents(
  db: Database,
  { events, attempting }: { events: EventToAccept[]; attempting: boolean },
): Promise<(AcceptedEvent | KnownKey)[]> {
  const column = <T>(pick: (event: EventToAccept) => T): T[] => events.map(pick);
  const selectors = events.flatMap((event, ord) => event.selectors.map((selector) => ({ ord, selector })));
  // One binary value and where each part of it begins: as elements of an array, large texts cost more to escape than to store.
  const changes = column((e) => Buffer.from(e.changes));
  let end = 0;
  const starts = changes.map(({ length }) => {
    const start = end + 1;
    end += length;
    return start;
  });
  const rows = await db.run<AcceptRow>(ACCEPT, [
    events.map((_, ord) => ord),
    column((e) => e.tenantId),
    column((e) => e.source),
    column((e) => e.topic),
    column((e) => e.type),
    column((e) => e.status),
    column((e) => e.key),
    Buffer.concat(changes),
    column((e) => e.publisher.tenantId),
    column((e) => e.publisher.appId),
    column((e) => e.publisher.keyId),
    column((e) => e.idempotency?.key ?? null),
    attempting,
    column((e) => e.idempotency?.bodyHash ?? null),
    selectors.map((s) => s.ord),
    selectors.map((s) => s.selector),
    starts,
    changes.map((bytes) => bytes.length),
  ]);

  const accepted: (AcceptedEvent | KnownKey | undefined)[] = new Array(events.length);
  for (const row of rows) {
    let event = accepted[row.ord] as AcceptedEvent | undefined;
    if (!event) {
      event = { eventId: row.event_id, acceptedAt: row.accepted_at, deliveries: [] };
      accepted[row.ord] = event;
    }
    if (row.delivery_id !== null && row.subscription_id !== null) {
      event.deliveries.push({
        deliveryId: row.delivery_id,
        subscriptionId: row.subscription_id,
        subscriptionVersion: Number(row.subscription_version),
        behindLane: row.behind_lane === true,
        wokeLane: row.woke_lane === true,
      });
    }
  }
  const repeated = events.flatMap((event, ord) =>
    accepted[ord] === undefined && event.idempotency ? [{ ord, tenantId: event.tenantId, ...event.idempotency }] : [],
  );
  if (repeated.length > 0) {
    const known = await db.run<{ ord: number; event_id: string; body_hash: Buffer }>(KNOWN_KEYS, [
      repeated.map((r) => r.ord),
      repeated.map((r) => r.tenantId),
      repeated.map((r) => r.key),
    ]);
    for (const row of known) accepted[row.ord] = { knownKey: { eventId: row.event_id, bodyHash: row.body_hash } };
  }
  return accepted.map((entry) => {
    if (!entry) throw new Error('an accepted event has no row: the statement and its caller disagree');
    return entry;
  });
}
