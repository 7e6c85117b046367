import type { Database, Statement } from '../database';
import {
  type AcceptedEvent,
  type AcceptOptions,
  type EventToAccept,
  giveUpLocksAfter,
  KEY_EXPIRES_AT,
  storedKey,
} from './acceptance';
import { type AcceptedDeliveryRow, firstClaim, toAcceptedDelivery } from './deliveriesOfMatches';
import { idAt } from './ids';

/** Whoever matches more pays for a group's statement without noticing. */
const MAX_MATCHES = 100;

const CLAIM = firstClaim('$13::boolean');

/**
 * What the statement for a group does, for one event none of whose deliveries is ordered: half of what that one takes
 * is the setting up of parts that such an event has no use for (docs/decisions/0012-an-event-alone.md).
 *
 * - `candidate`: a row for each name by which a subscription matches. LIMIT keeps the look-up one by index: a plan made
 *   while the tables were small must not read them whole.
 * - `plain`: the one event, unless it matches too many or an ordered lane; then nothing is written.
 * - `fresh`: not for a known Idempotency-Key.
 * - `locked`, `woken`: the lanes that deliveries go behind, as for a group (deliveriesOfMatches.ts).
 */
const ACCEPT_ALONE: Statement = {
  name: 'accept_alone',
  text: `
WITH candidate AS MATERIALIZED (
  SELECT x.topic, s.id AS subscription_id, s.version, s.tenant_id, s.app_id, s.timeout_ms, l.id AS lane_id,
         (l.topic = '') IS TRUE AS independent, l.state = 'idle' AS idle
  FROM unnest($11::text[], $12::text[]) AS x(selector, topic)
  CROSS JOIN LATERAL (
    SELECT r.subscription_id, r.lane_id FROM subscription_selectors r
    WHERE r.tenant_id = $1::text AND r.selector = x.selector LIMIT $16::int + 1
  ) r
  JOIN subscriptions s ON s.id = r.subscription_id
  LEFT JOIN lanes l ON l.id = r.lane_id
  LIMIT $16::int + 1
), plain AS MATERIALIZED (
  SELECT at, (at AT TIME ZONE 'UTC')::date AS day, ${idAt('at')} AS event_id
  FROM date_trunc('milliseconds', now()) AS at
  WHERE (SELECT count(*) <= $16::int AND coalesce(bool_and(independent), true) FROM candidate)
    AND ${giveUpLocksAfter('$17')}
), claimed AS (
  INSERT INTO idempotency_keys (tenant_id, key, body_hash, event_id, expires_at)
  SELECT $1::text, $14::text, $15::bytea, event_id, ${KEY_EXPIRES_AT} FROM plain
  WHERE $14::text IS NOT NULL
    AND NOT EXISTS (SELECT FROM idempotency_keys WHERE tenant_id = $1::text AND key = $18::text OFFSET 0)
  ON CONFLICT (tenant_id, key) DO NOTHING
  RETURNING event_id
), fresh AS MATERIALIZED (
  SELECT * FROM plain WHERE $14::text IS NULL OR event_id IN (SELECT event_id FROM claimed)
), event AS (
  INSERT INTO events (id, day, tenant_id, source, topic, type, status, key, changes, publisher_tenant_id,
                      publisher_app_id, publisher_key_id, accepted_at)
  SELECT event_id, day, $1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text,
         $10::text, at
  FROM fresh
), locked AS MATERIALIZED (
  SELECT id, awake FROM lanes
  WHERE id IN (SELECT lane_id FROM fresh CROSS JOIN candidate WHERE NOT idle) AND state <> 'idle'
  ORDER BY id FOR UPDATE
), woken AS (
  UPDATE lanes SET awake = true, due_by = now() + interval '1 minute'
  FROM locked WHERE lanes.id = locked.id AND NOT locked.awake
), match AS MATERIALIZED (
  SELECT DISTINCT ON (subscription_id) fresh.*, candidate.*, locked.id IS NOT NULL AS behind_lane,
         NOT locked.awake AS woke_lane, ${idAt('at')} AS delivery_id
  FROM fresh CROSS JOIN candidate LEFT JOIN locked ON locked.id = lane_id
  ORDER BY subscription_id, length(topic) DESC
), delivery AS (
  INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                          attempt, next_attempt_at, due_by, created_at)
  SELECT delivery_id, day, event_id, $1::text, subscription_id, tenant_id, app_id, topic, 'pending',
         ${CLAIM.attempt}, ${CLAIM.nextAttemptAt}, ${CLAIM.dueBy}, at
  FROM match
)
SELECT f.event_id, f.at AS accepted_at, m.delivery_id, m.subscription_id, m.version AS subscription_version, m.topic,
       m.behind_lane, false AS ordered, m.woke_lane IS TRUE AS woke_lane
FROM fresh f LEFT JOIN match m ON true`,
};

/** The event with one of its deliveries, or with none when nobody matches. */
type AloneRow = { event_id: string; accepted_at: Date } & (AcceptedDeliveryRow | { delivery_id: null });

/**
 * Commits one event none of whose matches is decided page by page.
 *
 * @returns null when a group's statement has to accept it: nothing was written. @throws a database error, likewise.
 */
export async function acceptAlone(
  db: Database,
  event: EventToAccept,
  { attempting, maxAtOnce, lockTimeoutMs }: AcceptOptions,
): Promise<AcceptedEvent | null> {
  const rows = await db.run<AloneRow>(ACCEPT_ALONE, [
    event.tenantId,
    event.source,
    event.topic,
    event.type,
    event.status,
    event.key,
    event.changes,
    event.publisher.tenantId,
    event.publisher.appId,
    event.publisher.keyId,
    event.selections.map((s) => s.selector),
    event.selections.map((s) => s.topic),
    attempting,
    event.idempotency ? storedKey({ ...event, key: event.idempotency.key }) : null,
    event.idempotency?.bodyHash ?? null,
    Math.min(MAX_MATCHES, maxAtOnce),
    String(lockTimeoutMs),
    event.idempotency?.key ?? null,
  ]);
  const [first] = rows;
  if (!first) return null;
  return {
    eventId: first.event_id,
    acceptedAt: first.accepted_at,
    deliveries: rows.flatMap((row) => (row.delivery_id === null ? [] : toAcceptedDelivery(row))),
    isUnfinished: false,
  };
}
