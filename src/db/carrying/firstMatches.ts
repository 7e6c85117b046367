/** Below every id. */
export const NO_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Whether selector `r` matched at that moment, which is cut to the millisecond: what began within it counts. A grant or a
 * topic that was added later does not reach back. Selectors of before that column began with their subscription.
 */
export const matchedAt = (r: string, at: string) =>
  `coalesce(${r}.since, (SELECT s.created_at FROM subscriptions s WHERE s.id = ${r}.subscription_id)) < ${at} + interval '1 ms'`;

export interface FirstMatches {
  /** `x(ord, selector, topic)`: what a subscription can have stored for it to match. */
  selections: string;
  limit: string;
  /** Whether something matches page by page. */
  paged: boolean;
}

/**
 * CTEs `first` and `cut` for the one event of `fresh`: of the independent subscriptions that match it, did so when it was
 * accepted and have an id beyond its `fan_out_after`, the first `limit` by id, a row for each name that matches; and the
 * id of the last one, NULL when there are no more.
 *
 * A subquery for each match rather than a join, and BETWEEN rather than =: so it is read in the order of the primary key,
 * where a plan made for other statistics would read every subscription there is.
 */
export const firstMatches = ({ selections, limit, paged }: FirstMatches) => `candidate AS MATERIALIZED (
  SELECT f.ord, f.event_id, f.day, f.at, f.tenant_id AS event_tenant_id, x.topic, n.subscription_id, n.lane_id${paged ? ', f.type, x.selector' : ''}
  FROM fresh f
  JOIN ${selections} ON x.ord = f.ord
  CROSS JOIN LATERAL (
    SELECT r.subscription_id, r.lane_id FROM subscription_selectors r
    WHERE r.tenant_id = f.tenant_id AND r.selector BETWEEN x.selector AND x.selector
      AND r.subscription_id > f.fan_out_after AND NOT r.ordered
      AND ${matchedAt('r', 'f.at')}
    ORDER BY r.selector, r.subscription_id LIMIT ${limit}::int + 1
  ) n
), cut AS MATERIALIZED (
  SELECT CASE WHEN count(*) > ${limit} THEN (array_agg(subscription_id ORDER BY subscription_id))[${limit}] END AS after
  FROM (SELECT DISTINCT subscription_id FROM candidate) c
), first AS MATERIALIZED (
  SELECT c.* FROM candidate c CROSS JOIN cut WHERE cut.after IS NULL OR c.subscription_id <= cut.after
)`;
