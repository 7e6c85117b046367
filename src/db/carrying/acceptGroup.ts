import type { Database, Statement } from '../database';
import { hasPortal, pages, TARGETS_AT_ONCE } from '../pagedInterfaces';
import { isLargeFanOut } from '../violations';
import {
  type AcceptedEvent,
  type AcceptOptions,
  type EventToAccept,
  giveUpLocksAfter,
  KEY_EXPIRES_AT,
  type KnownKey,
  storedKey,
} from './acceptance';
import {
  type AcceptedDeliveryRow,
  DELIVERY_COLUMNS,
  deliveriesOfMatches,
  toAcceptedDelivery,
} from './deliveriesOfMatches';
import { firstMatches, NO_ID } from './firstMatches';
import { idAt } from './ids';

/**
 * Everything that matches a group. More than it may match (`deliveriesOfMatches` refuses that) is not read to its end: a
 * subscription may match by several names, so the limit is on those.
 */
const WHOLE_MATCH = (paged: boolean) => `match AS MATERIALIZED (
  SELECT DISTINCT ON (event_id, subscription_id) * FROM (
    SELECT f.ord, f.event_id, f.day, f.at, f.tenant_id AS event_tenant_id, x.topic, s.subscription_id, s.lane_id${paged ? ', f.type, x.selector' : ''}
    FROM fresh f
    JOIN unnest($15::int[], $16::text[], $19::text[]) AS x(ord, selector, topic) ON x.ord = f.ord
    JOIN subscription_selectors s ON s.tenant_id = f.tenant_id AND s.selector = x.selector
    LIMIT ($20::int + 1) * greatest(cardinality($16::text[]), 1)
  ) m
  ORDER BY event_id, subscription_id, length(topic) DESC
)`;

/** Of one event: the first $20 of the independent matches, and all that are ordered. */
const FIRST_MATCH = (paged: boolean) => `${firstMatches({
  selections: 'unnest($15::int[], $16::text[], $19::text[]) AS x(ord, selector, topic)',
  limit: '$20',
  paged,
})}, match AS MATERIALIZED (
  SELECT DISTINCT ON (event_id, subscription_id) * FROM (
    SELECT * FROM first
    UNION ALL
    SELECT f.ord, f.event_id, f.day, f.at, f.tenant_id, x.topic, r.subscription_id, r.lane_id${paged ? ', f.type, x.selector' : ''}
    FROM fresh f
    CROSS JOIN unnest($16::text[], $19::text[]) AS x(selector, topic)
    JOIN subscription_selectors r ON r.tenant_id = f.tenant_id AND r.selector = x.selector AND r.ordered
  ) m
  ORDER BY event_id, subscription_id, length(topic) DESC
)`;

function isUnfinished({ paged, large }: { paged: boolean; large: boolean }): string {
  const parts = [large && '(SELECT after FROM cut) IS NOT NULL', paged && 'fan_out_targets IS NOT NULL'];
  return parts.filter(Boolean).join(' OR ') || 'false';
}

/**
 * Events, keys and one delivery per match in one statement, so in one transaction and one round trip.
 *
 * - `input`, `event`: ids are made here, at the database's time, which is also their partition's day.
 * - `claimed`: of the same key in two transactions at once, the second waits for the first and then gets no row. A key
 *   that a release before this one stored for the whole tenant stays known until it expires.
 * - `fresh`: all but the repeats of known keys.
 * - `match`: whom they concern. `large`: of one event, as many of them as are written at once ($20).
 * - `paged`: of each event's targets those that are written at once; it says if there are more ($25).
 * - From there on: deliveriesOfMatches.ts. The insert is the claim of the first attempt where this process attempts ($13).
 */
const acceptStatement = ({ paged = false, large = false }): Statement => ({
  name: `accept${paged ? '_paged' : ''}${large ? '_large' : ''}`,
  text: `
WITH clock AS MATERIALIZED (
  SELECT date_trunc('milliseconds', now()) AS at WHERE ${giveUpLocksAfter('$21')}
), input AS MATERIALIZED (
  SELECT i.*, clock.at, (clock.at AT TIME ZONE 'UTC')::date AS day,
         ${idAt('clock.at')} AS event_id
  FROM clock, unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
              $9::text[], $10::text[], $11::text[], $12::text[], $14::bytea[], $17::int[], $18::int[],
              $22::text[])
       AS i(ord, tenant_id, source, topic, type, status, key, publisher_tenant_id, publisher_app_id,
            publisher_key_id, idempotency_key, body_hash, changes_from, changes_bytes, tenants_key)
), claimed AS (
  INSERT INTO idempotency_keys AS k (tenant_id, key, body_hash, event_id, expires_at)
  SELECT tenant_id, idempotency_key, body_hash, event_id, ${KEY_EXPIRES_AT}
  FROM input
  WHERE idempotency_key IS NOT NULL AND NOT EXISTS (
    SELECT FROM idempotency_keys x WHERE x.tenant_id = input.tenant_id AND x.key = input.tenants_key OFFSET 0)
  ORDER BY tenant_id, idempotency_key
  ON CONFLICT (tenant_id, key) DO NOTHING
  RETURNING event_id
), fresh AS MATERIALIZED (
  SELECT *${large ? `, '${NO_ID}'::uuid AS fan_out_after` : ''}${
    paged
      ? `, CASE WHEN ord = ANY($25::int[]) AND ${hasPortal('input.tenant_id')} THEN ${TARGETS_AT_ONCE} END AS fan_out_targets`
      : ''
  }
  FROM input
  WHERE idempotency_key IS NULL OR event_id IN (SELECT event_id FROM claimed)
), ${large ? FIRST_MATCH(paged) : WHOLE_MATCH(paged)}, event AS (
  INSERT INTO events (id, day, tenant_id, source, topic, type, status, key, changes, publisher_tenant_id,
                      publisher_app_id, publisher_key_id, accepted_at${large ? ', fan_out_after' : ''}${paged ? ', fan_out_targets' : ''})
  SELECT event_id, day, tenant_id, source, topic, type, status, key,
         convert_from(substr($8::bytea, changes_from, changes_bytes), 'UTF8'), publisher_tenant_id, publisher_app_id,
         publisher_key_id, at${large ? ', (SELECT after FROM cut)' : ''}${paged ? ', fan_out_targets' : ''}
  FROM fresh
), ${deliveriesOfMatches({
    pages: paged ? pages('$23::int[], $24::text[]') : null,
    attempting: '$13',
    atMost: large ? null : '$20',
  })}
SELECT ord, event_id, at AS accepted_at, ${isUnfinished({ paged, large })} AS is_unfinished,
       NULL::uuid AS delivery_id, NULL::uuid AS subscription_id, NULL::bigint AS subscription_version,
       NULL::text AS topic, NULL::boolean AS behind_lane, NULL::boolean AS ordered, NULL::boolean AS woke_lane
FROM fresh
UNION ALL
SELECT NULL, d.event_id, NULL, NULL, ${DELIVERY_COLUMNS}
FROM delivery d JOIN subscriptions s ON s.id = d.subscription_id`,
});

const ACCEPT = acceptStatement({});
const ACCEPT_LARGE = acceptStatement({ large: true });
/** For a group in which something matches page by page: what does not pay for it need not carry it. */
const ACCEPT_PAGED = acceptStatement({ paged: true });
const ACCEPT_PAGED_LARGE = acceptStatement({ paged: true, large: true });

const KNOWN_KEYS: Statement = {
  name: 'known_keys',
  text: `
SELECT i.ord, k.event_id, k.body_hash
FROM unnest($1::int[], $2::text[], $3::text[], $4::text[]) AS i(ord, tenant_id, key, tenants_key)
CROSS JOIN LATERAL (
  SELECT * FROM idempotency_keys WHERE tenant_id = i.tenant_id AND key IN (i.key, i.tenants_key) LIMIT 1
) k`,
};

/** An event, or one of its deliveries. */
type AcceptRow =
  | { event_id: string; ord: number; accepted_at: Date; is_unfinished: boolean; delivery_id: null }
  | ({ event_id: string; ord: null } & AcceptedDeliveryRow);

/** As `acceptEvents`, for any group. */
export async function acceptGroup(
  db: Database,
  events: EventToAccept[],
  { attempting, maxAtOnce, lockTimeoutMs, splitsLarge }: AcceptOptions,
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
  const targets = selections.flatMap(({ ord, targets = [] }) =>
    targets.slice(0, TARGETS_AT_ONCE).map((target) => ({ ord, target })),
  );
  const withMore = selections.filter(({ targets = [] }) => targets.length > TARGETS_AT_ONCE).map(({ ord }) => ord);
  const paging = [targets.map((t) => t.ord), targets.map((t) => t.target), withMore];
  const values = [
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
    column((e) => (e.idempotency ? storedKey({ ...e, key: e.idempotency.key }) : null)),
    attempting,
    column((e) => e.idempotency?.bodyHash ?? null),
    selections.map((s) => s.ord),
    selections.map((s) => s.selector),
    starts,
    changes.map((bytes) => bytes.length),
    selections.map((s) => s.topic),
    maxAtOnce,
    String(lockTimeoutMs),
    column((e) => e.idempotency?.key ?? null),
    ...(targets.length > 0 ? paging : []),
  ];
  const [whole, large] = targets.length > 0 ? [ACCEPT_PAGED, ACCEPT_PAGED_LARGE] : [ACCEPT, ACCEPT_LARGE];
  const rows = await db.run<AcceptRow>(whole, values).catch((error: unknown) => {
    if (events.length > 1 || !splitsLarge || !isLargeFanOut(error)) throw error;
    return db.run<AcceptRow>(large, values);
  });

  const accepted: (AcceptedEvent | KnownKey | undefined)[] = new Array(events.length);
  const byId = new Map<string, AcceptedEvent>();
  for (const row of rows) {
    if (row.ord === null) continue;
    const event = {
      eventId: row.event_id,
      acceptedAt: row.accepted_at,
      deliveries: [],
      isUnfinished: row.is_unfinished,
    };
    accepted[row.ord] = event;
    byId.set(row.event_id, event);
  }
  for (const row of rows) {
    if (row.delivery_id === null) continue;
    byId.get(row.event_id)?.deliveries.push(toAcceptedDelivery(row));
  }
  const repeated = events.flatMap((event, ord) =>
    accepted[ord] === undefined && event.idempotency ? [{ ord, event, key: event.idempotency.key }] : [],
  );
  if (repeated.length > 0) {
    const known = await db.run<{ ord: number; event_id: string; body_hash: Buffer }>(KNOWN_KEYS, [
      repeated.map((r) => r.ord),
      repeated.map((r) => r.event.tenantId),
      repeated.map((r) => storedKey({ ...r.event, key: r.key })),
      repeated.map((r) => r.key),
    ]);
    for (const row of known) accepted[row.ord] = { knownKey: { eventId: row.event_id, bodyHash: row.body_hash } };
  }
  return accepted.map((entry) => {
    if (!entry) throw new Error('an accepted event has no row: the statement and its caller disagree');
    return entry;
  });
}
