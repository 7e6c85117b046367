const MAX_RECIPIENTS = 500;

/** Portal subscription `p` is of the target `t`. */
const OF_TARGET = `p.tenant_id = t.tenant_id AND p.target_type = t.target_type AND p.action = t.action
      AND p.target_id = t.target_id`;

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
export const pages = (targets: string) => `target AS MATERIALIZED (
  SELECT m.event_id, m.subscription_id, s.tenant_id, s.app_id, m.topic::bigint AS target_type, m.type AS action, t.target_id
  FROM match m
  JOIN unnest(${targets}) AS t(ord, target_id) ON t.ord = m.ord
  JOIN subscriptions s ON s.id = m.subscription_id
  WHERE m.selector = 'portal'
), interested AS (
  SELECT t.*, own.id, own.subject
  FROM target t
  CROSS JOIN LATERAL (
    SELECT p.id, p.subject FROM portal_subscriptions p
    WHERE ${OF_TARGET} AND p.app_id = t.app_id AND p.subject IS NOT NULL AND p.status = 1
    OFFSET 0
  ) own
  UNION ALL
  SELECT t.*, by_default.id, k.subject
  FROM target t
  CROSS JOIN LATERAL (
    SELECT p.id FROM portal_subscriptions p
    WHERE ${OF_TARGET} AND p.subject IS NULL AND p.status = 1 AND p.enable = 1
    ORDER BY p.id LIMIT 1
  ) by_default
  CROSS JOIN LATERAL (
    SELECT k.subject FROM keys k
    WHERE k.tenant_id = t.tenant_id AND k.app_id = t.app_id AND k.subject IS NOT NULL AND k.revoked_at IS NULL
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
  SELECT m.*, NULL::jsonb AS page, 0 AS page_number FROM match m WHERE m.selector <> 'portal'
  UNION ALL
  SELECT m.*, p.page, p.page_number FROM match m JOIN page p USING (event_id, subscription_id) WHERE m.selector = 'portal'
)`;
