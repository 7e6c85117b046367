import type { Selection } from '../../domain/selectors';
import type { Database, Statement } from '../database';
import { PAGES } from '../portal/pages';

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
}

export interface AcceptedDelivery {
  deliveryId: string;
  subscriptionId: string;
  subscriptionVersion: number;
  /** The name of the subscription's that the event matched; of several, the longest. */
  topic: string;
  /** It waits behind a lane: nobody attempts it now. */
  behindLane: boolean;
  /** Its lane is that of its topic, in which it has a number; else the subscription's one lane. */
  ordered: boolean;
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
 * - `paged`: db/portal/pages.ts.
 * - `locked`: the lanes that deliveries go behind, locked in id order. The locked row, not the snapshot, says whether
 *   the lane is still in use: a lane that fell asleep a moment ago would never be woken for what is put behind it.
 * - `standing`: them in one value. A join with so many locked lanes would be a nested loop: nothing tells the planner
 *   how many there are.
 * - `joining`: an ordered lane numbers what joins it. Its row is locked until the commit, so number order is commit
 *   order. A lane that is gone was dropped with its topic while this statement waited for it: so is the match.
 * - `lane`: whoever makes a lane awake tells its workflow; the others need not.
 * - `delivery`: the insert is the claim of the first attempt where this process attempts ($13); otherwise the delivery
 *   waits for a worker's claim, due at once.
 */
const acceptStatement = ({ paged }: { paged: boolean }): Statement => ({
  name: paged ? 'accept_paged' : 'accept',
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
         f.ord, f.event_id, f.day, f.at, f.tenant_id AS event_tenant_id, x.topic, s.subscription_id, s.lane_id${paged ? ', f.type, x.selector' : ''}
  FROM fresh f
  JOIN unnest($15::int[], $16::text[], $19::text[]) AS x(ord, selector, topic) ON x.ord = f.ord
  JOIN subscription_selectors s ON s.tenant_id = f.tenant_id AND s.selector = x.selector
  ORDER BY f.event_id, s.subscription_id, length(x.topic) DESC
), ${paged ? `${PAGES}, ` : ''}locked AS MATERIALIZED (
  SELECT id, topic <> '' AS ordered, state, awake, counter FROM lanes
  WHERE id IN (SELECT lane_id FROM match) AND (topic <> '' OR state <> 'idle')
  ORDER BY id FOR UPDATE
), standing AS MATERIALIZED (
  SELECT coalesce(jsonb_object_agg(id, jsonb_build_object('awake', awake, 'counter', CASE WHEN ordered THEN counter END)),
                  '{}') AS lanes
  FROM locked WHERE ordered OR state <> 'idle'
), joining AS MATERIALIZED (
  SELECT m.*, s.tenant_id, s.app_id, s.timeout_ms, standing.lanes ? m.lane_id::text AS behind_lane,
         (standing.lanes -> m.lane_id::text ->> 'awake')::boolean AS was_awake,
         (standing.lanes -> m.lane_id::text ->> 'counter')::bigint
           + row_number() OVER (PARTITION BY m.lane_id ORDER BY m.ord) AS number
  FROM standing CROSS JOIN ${paged ? 'paged' : 'match'} m
  JOIN subscriptions s ON s.id = m.subscription_id
  WHERE NOT s.ordered OR standing.lanes ? m.lane_id::text
), lane AS (
  UPDATE lanes
  SET counter = coalesce(j.last, counter), awake = true,
      state = CASE WHEN state = 'idle' THEN 'running' ELSE state END,
      since = CASE WHEN state = 'idle' THEN now() ELSE since END,
      due_by = CASE WHEN j.was_awake THEN due_by ELSE now() + interval '1 minute' END
  FROM (SELECT lane_id, bool_and(was_awake) AS was_awake, max(number) AS last
        FROM joining WHERE behind_lane GROUP BY lane_id) j
  WHERE lanes.id = j.lane_id AND (j.last IS NOT NULL OR NOT j.was_awake)
  RETURNING lanes.subscription_id, lanes.topic, j.was_awake
), delivery AS (
  INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                          attempt, next_attempt_at, due_by, lane_number, created_at${paged ? ', page, page_number' : ''})
  SELECT uuid_v7_at((extract(epoch FROM j.at) * 1000)::bigint), j.day, j.event_id, j.event_tenant_id,
         j.subscription_id, j.tenant_id, j.app_id, j.topic, 'pending',
         CASE WHEN $13 AND NOT j.behind_lane THEN 1 ELSE 0 END,
         CASE WHEN NOT $13 AND NOT j.behind_lane THEN j.at END,
         CASE WHEN NOT j.behind_lane
              THEN now() + interval '30 s' + CASE WHEN $13 THEN j.timeout_ms ELSE 0 END * interval '1 ms' END,
         j.number, j.at${paged ? ', j.page, j.page_number' : ''}
  FROM joining j
  RETURNING id, event_id, subscription_id, topic, due_by, lane_number
)
SELECT ord, event_id, at AS accepted_at, NULL::uuid AS delivery_id, NULL::uuid AS subscription_id,
       NULL::bigint AS subscription_version, NULL::text AS topic, NULL::boolean AS behind_lane, NULL::boolean AS ordered,
       NULL::boolean AS woke_lane
FROM fresh
UNION ALL
SELECT NULL, d.event_id, NULL, d.id, d.subscription_id, s.version, d.topic, d.due_by IS NULL, d.lane_number IS NOT NULL,
       (d.subscription_id, CASE WHEN d.lane_number IS NULL THEN '' ELSE d.topic END)
         IN (SELECT subscription_id, topic FROM lane WHERE NOT was_awake)
FROM delivery d JOIN subscriptions s ON s.id = d.subscription_id`,
});

const ACCEPT = acceptStatement({ paged: false });
/** For a group in which something matches page by page: what does not pay for it need not carry it. */
const ACCEPT_PAGED = acceptStatement({ paged: true });

const KNOWN_KEYS: Statement = {
  name: 'known_keys',
  text: `
SELECT i.ord, k.event_id, k.body_hash
FROM unnest($1::int[], $2::text[], $3::text[]) AS i(ord, tenant_id, key)
JOIN idempotency_keys k ON k.tenant_id = i.tenant_id AND k.key = i.key`,
};

/** An event, or one of its deliveries. */
type AcceptRow =
  | { event_id: string; ord: number; accepted_at: Date; delivery_id: null }
  | {
      event_id: string;
      ord: null;
      delivery_id: string;
      subscription_id: string;
      subscription_version: string;
      topic: string;
      behind_lane: boolean;
      ordered: boolean;
      woke_lane: boolean;
    };

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
  const selections = events.flatMap((event, ord) => event.selections.map((selection) => ({ ord, ...selection })));
  // One binary value and where each part of it begins: as elements of an array, large texts cost more to escape than to store.
  const changes = column((e) => Buffer.from(e.changes));
  let end = 0;
  const starts = changes.map(({ length }) => {
    const start = end + 1;
    end += length;
    return start;
  });
  const targets = selections.flatMap(({ ord, targets = [] }) => targets.map((target) => ({ ord, target })));
  const paging = [targets.map((t) => t.ord), targets.map((t) => t.target)];
  const rows = await db.run<AcceptRow>(targets.length > 0 ? ACCEPT_PAGED : ACCEPT, [
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
    selections.map((s) => s.ord),
    selections.map((s) => s.selector),
    starts,
    changes.map((bytes) => bytes.length),
    selections.map((s) => s.topic),
    ...(targets.length > 0 ? paging : []),
  ]);

  const accepted: (AcceptedEvent | KnownKey | undefined)[] = new Array(events.length);
  const byId = new Map<string, AcceptedEvent>();
  for (const row of rows) {
    if (row.ord === null) continue;
    const event = { eventId: row.event_id, acceptedAt: row.accepted_at, deliveries: [] };
    accepted[row.ord] = event;
    byId.set(row.event_id, event);
  }
  for (const row of rows) {
    if (row.delivery_id === null) continue;
    byId.get(row.event_id)?.deliveries.push({
      deliveryId: row.delivery_id,
      subscriptionId: row.subscription_id,
      subscriptionVersion: Number(row.subscription_version),
      topic: row.topic,
      behindLane: row.behind_lane,
      ordered: row.ordered,
      wokeLane: row.woke_lane,
    });
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
