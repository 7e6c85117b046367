const MAX_RECIPIENTS = 500;

/** Targets of one event whose pages are written in one statement: 50 ms for targets with few users. */
export const TARGETS_AT_ONCE = 200;

/** What the subscription stores that an app's portal messages go through. */
export const PORTAL_SELECTOR = 'portal';

/** Whether anybody can have chosen targets of an event of this tenant. */
export const hasPortal = (tenantId: string) =>
  `EXISTS (SELECT FROM subscription_selectors WHERE tenant_id = ${tenantId} AND selector = '${PORTAL_SELECTOR}' OFFSET 0)`;

/** Portal subscription `p` is of the target `t`. */
const OF_TARGET = `p.tenant_id = t.tenant_id AND p.target_type = t.target_type AND p.action = t.action
      AND p.target_id = t.target_id`;

export interface PagesOptions {
  /** How many pages of the match `m` were written before. Default: none. */
  after?: string;
  /** Who has chosen the target since the event was accepted is not told. Default: all are told that the statement sees. */
  asAccepted?: boolean;
}

/**
 * CTEs of a statement that accepts, from `match` to `paged`: a match that is decided page by page becomes a row per target
 * and 500 recipients, or none; every other match stays one row.
 *
 * - `interested`: who has chosen the target, and for its default every subject of a live key of the app who has not. LIMIT
 *   and OFFSET 0 keep each look-up one by index: a plan made while the tables were small must not read them whole.
 * - `numbered`: each user once for each target, by the oldest subscription.
 *
 * @param targets that each event names, as two arrays: the event's ord, the target.
 */
export const pages = (
  targets: string,
  { after = '0', asAccepted = false }: PagesOptions = {},
) => `target AS MATERIALIZED (
  SELECT m.event_id, m.subscription_id, s.tenant_id, s.app_id, m.topic::bigint AS target_type, m.type AS action, t.target_id, m.at
  FROM match m
  JOIN unnest(${targets}) AS t(ord, target_id) ON t.ord = m.ord
  JOIN subscriptions s ON s.id = m.subscription_id
  WHERE m.selector = '${PORTAL_SELECTOR}'
), interested AS (
  SELECT t.*, own.id, own.subject
  FROM target t
  CROSS JOIN LATERAL (
    SELECT p.id, p.subject FROM portal_subscriptions p
    WHERE ${OF_TARGET} AND p.app_id = t.app_id AND p.subject IS NOT NULL AND p.status = 1${asAccepted ? chosenBefore('p') : ''}
    OFFSET 0
  ) own
  UNION ALL
  SELECT t.*, by_default.id, k.subject
  FROM target t
  CROSS JOIN LATERAL (
    SELECT p.id FROM portal_subscriptions p
    WHERE ${OF_TARGET} AND p.subject IS NULL AND p.status = 1 AND p.enable = 1${asAccepted ? chosenBefore('p') : ''}
    ORDER BY p.id LIMIT 1
  ) by_default
  CROSS JOIN LATERAL (
    SELECT k.subject FROM keys k
    WHERE k.tenant_id = t.tenant_id AND k.app_id = t.app_id AND k.subject IS NOT NULL AND k.revoked_at IS NULL${asAccepted ? chosenBefore('k') : ''}
      AND NOT EXISTS (SELECT FROM portal_subscriptions p WHERE ${OF_TARGET} AND p.subject = k.subject OFFSET 0)
    OFFSET 0
  ) k
), numbered AS (
  SELECT i.*, row_number() OVER (PARTITION BY event_id, subscription_id, target_id ORDER BY id, subject) - 1 AS n
  FROM (
    SELECT DISTINCT ON (event_id, subscription_id, target_id, subject) *
    FROM interested ORDER BY event_id, subscription_id, target_id, subject, id
  ) i
), page AS (
  SELECT event_id, subscription_id,
         row_number() OVER (PARTITION BY event_id, subscription_id ORDER BY target_id, n / ${MAX_RECIPIENTS}) AS page_number,
         jsonb_build_object('action', action, 'targetId', target_id,
                            'recipients', jsonb_agg(jsonb_build_array(subject, id) ORDER BY n)) AS page
  FROM numbered GROUP BY event_id, subscription_id, action, target_id, n / ${MAX_RECIPIENTS}
), paged AS MATERIALIZED (
  SELECT m.*, NULL::jsonb AS page, 0 AS page_number FROM match m WHERE m.selector <> '${PORTAL_SELECTOR}'
  UNION ALL
  SELECT m.*, p.page, (p.page_number + ${after})::int FROM match m JOIN page p USING (event_id, subscription_id)
  WHERE m.selector = '${PORTAL_SELECTOR}'
)`;

/** Of target `t`, whose moment of acceptance is cut to the millisecond. */
function chosenBefore(row: string): string {
  return ` AND ${row}.created_at < t.at + interval '1 ms'`;
}
