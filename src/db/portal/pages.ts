const MAX_RECIPIENTS = 500;

/** Portal subscription `p` is one that its user has switched on, or a default that is in force. */
const IN_FORCE = `p.status = 1 AND (p.subject IS NOT NULL OR p.enable = 1)`;

/** Subject `subject` of the app (tenant, app) has a subscription of its own, on or off, of the target that `p` has. */
const hasOwn = (tenant: string, subject: string) => `EXISTS (
      SELECT FROM portal_subscriptions o
      WHERE o.tenant_id = ${tenant} AND o.target_type = p.target_type AND o.action = p.action
        AND o.target_id = p.target_id AND o.subject = ${subject})`;

/**
 * CTEs of the accept statement, from `match` to `paged`: a match that is decided page by page becomes a row per target
 * and 500 recipients, or none; every other match stays one row. $20, $21: the targets that each event names.
 *
 * - `interested`: who has chosen the target, and for its defaults every subject of a live key of the app who has not.
 * - `numbered`: each user once for each target, by the oldest subscription.
 */
export const PAGES = `target AS MATERIALIZED (
  SELECT m.event_id, m.subscription_id, s.tenant_id, s.app_id, m.topic::bigint AS target_type, m.type AS action, t.target_id
  FROM match m
  JOIN unnest($20::int[], $21::text[]) AS t(ord, target_id) ON t.ord = m.ord
  JOIN subscriptions s ON s.id = m.subscription_id
  WHERE m.selector = 'portal'
), interested AS (
  SELECT t.*, p.id, p.subject
  FROM target t
  JOIN portal_subscriptions p ON p.tenant_id = t.tenant_id AND p.target_type = t.target_type AND p.action = t.action
    AND p.target_id = t.target_id AND p.app_id = t.app_id AND p.subject IS NOT NULL
  WHERE ${IN_FORCE}
  UNION ALL
  SELECT t.*, p.id, k.subject
  FROM target t
  JOIN portal_subscriptions p ON p.tenant_id = t.tenant_id AND p.target_type = t.target_type AND p.action = t.action
    AND p.target_id = t.target_id AND p.subject IS NULL
  JOIN keys k ON k.tenant_id = t.tenant_id AND k.app_id = t.app_id AND k.subject IS NOT NULL AND k.revoked_at IS NULL
  WHERE ${IN_FORCE} AND NOT ${hasOwn('t.tenant_id', 'k.subject')}
), numbered AS (
  SELECT i.*, row_number() OVER (PARTITION BY event_id, subscription_id, target_id ORDER BY id, subject) - 1 AS n
  FROM (
    SELECT DISTINCT ON (event_id, subscription_id, target_id, subject) *
    FROM interested ORDER BY event_id, subscription_id, target_id, subject, id
  ) i
), page AS (
  SELECT event_id, subscription_id,
         row_number() OVER (PARTITION BY event_id, subscription_id ORDER BY target_id, n / ${MAX_RECIPIENTS}) AS page_number,
         jsonb_build_object('targetId', target_id,
                            'recipients', jsonb_agg(jsonb_build_array(subject, id) ORDER BY n)) AS page
  FROM numbered GROUP BY event_id, subscription_id, target_id, n / ${MAX_RECIPIENTS}
), paged AS MATERIALIZED (
  SELECT m.*, NULL::jsonb AS page, 0 AS page_number FROM match m WHERE m.selector <> 'portal'
  UNION ALL
  SELECT m.*, p.page, p.page_number FROM match m JOIN page p USING (event_id, subscription_id) WHERE m.selector = 'portal'
)`;

/** Of a stored page's entry of `subject` by subscription `p`: it concerns that user still. */
export const STILL_INTERESTED = `${IN_FORCE} AND CASE
    WHEN p.subject IS NOT NULL THEN p.subject = r.subject
    ELSE EXISTS (SELECT FROM keys k WHERE k.tenant_id = d.tenant_id AND k.app_id = d.app_id AND k.subject = r.subject
                   AND k.revoked_at IS NULL)
         AND NOT ${hasOwn('d.tenant_id', 'r.subject')}
  END`;
