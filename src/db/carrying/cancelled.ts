/**
 * Which pending deliveries `d` are cancelled as a whole. What a subscription, its names and its app's grants are now decides, not
 * a time: so what an accept commits that had not seen the change is covered too. A time only separates what was accepted
 * before a name or a grant was made again.
 *
 * After PostgreSQL's clock has gone back (`x.at` lies ahead of it) such times mean nothing: then what comes again counts.
 */

/** By row `x` of subscription_cancellations. */
export const COVERED_BY_SUBSCRIPTION = `x.subscription_id = d.subscription_id AND (
        (SELECT s.state = 'deleted' OR d.topic <> ALL (s.topics) FROM subscriptions s WHERE s.id = x.subscription_id)
        OR (x.at <= now() AND d.created_at < (x.readded ->> d.topic)::timestamptz))`;

/** By row `x` of grant_cancellations. */
export const COVERED_BY_GRANT = `x.tenant_id = d.tenant_id AND x.app_id = d.app_id AND x.event_tenant_id = d.event_tenant_id
        AND NOT EXISTS (
          SELECT FROM app_grants g
          WHERE g.tenant_id = x.tenant_id AND g.app_id = x.app_id AND g.granting_tenant_id = x.event_tenant_id
            AND (g.created_at <= d.created_at OR x.at > now()))`;

/**
 * No open cancellation covers delivery `d`. A subquery with LIMIT cannot become a join: it is one look-up by primary key for
 * each delivery, whatever a plan made on empty tables takes for cheap, and however many cancellations others have open.
 */
export const NOT_CANCELLED = `(SELECT true FROM subscription_cancellations x WHERE ${COVERED_BY_SUBSCRIPTION} LIMIT 1) IS NULL
      AND (d.event_tenant_id = d.tenant_id
        OR (SELECT true FROM grant_cancellations x WHERE ${COVERED_BY_GRANT} LIMIT 1) IS NULL)`;
