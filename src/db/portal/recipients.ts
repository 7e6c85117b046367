import { dayOfId } from '../../contracts/ids';
import type { Database, Statement } from '../database';

export interface Recipients {
  targetId: string;
  recipients: { user: string; subscription_uuid: string }[];
}

/** Portal subscription `p` is of the page's target. */
const OF_TARGET = `p.tenant_id = d.tenant_id AND p.target_type = d.target_type AND p.action = d.action
      AND p.target_id = d.target_id`;

/**
 * Of those on the page, who would be told of the event now: by the subscription that it was, else by their oldest. One
 * who has two of the target and deletes one, or who has made its own beside the default meanwhile, has not left.
 *
 * `same` is looked up by its id alone. A plan that was made without statistics may look up a target and a user by the user,
 * who can have chosen every target there is; so only those who have left are looked up like that.
 */
const RECIPIENTS: Statement = {
  name: 'portal_recipients',
  text: `
WITH d AS MATERIALIZED (
  SELECT tenant_id, app_id, topic::bigint AS target_type, page ->> 'action' AS action, page ->> 'targetId' AS target_id,
         page -> 'recipients' AS recipients
  FROM deliveries WHERE id = $1 AND day = $2 LIMIT 1
), by_default AS MATERIALIZED (
  SELECT fallback.uuid FROM d CROSS JOIN LATERAL (
    SELECT p.uuid FROM portal_subscriptions p
    WHERE ${OF_TARGET} AND p.subject IS NULL AND p.status = 1 AND p.enable = 1
    ORDER BY p.id LIMIT 1
  ) fallback
), told AS (
  SELECT r.n, r.entry ->> 0 AS subject, coalesce(same.uuid, other.uuid, fallback.uuid) AS uuid
  FROM d CROSS JOIN jsonb_array_elements(d.recipients) WITH ORDINALITY AS r(entry, n)
  LEFT JOIN LATERAL (
    SELECT p.uuid FROM (SELECT * FROM portal_subscriptions WHERE id = (r.entry ->> 1)::bigint OFFSET 0) p
    WHERE ${OF_TARGET} AND p.subject = r.entry ->> 0 AND p.app_id = d.app_id AND p.status = 1
  ) same ON true
  LEFT JOIN LATERAL (
    SELECT p.uuid FROM portal_subscriptions p
    WHERE same.uuid IS NULL AND ${OF_TARGET} AND p.subject = r.entry ->> 0 AND p.app_id = d.app_id AND p.status = 1
    ORDER BY p.id LIMIT 1
  ) other ON true
  LEFT JOIN LATERAL (
    SELECT uuid FROM by_default
    WHERE same.uuid IS NULL AND other.uuid IS NULL
      AND NOT EXISTS (SELECT FROM portal_subscriptions p WHERE ${OF_TARGET} AND p.subject = r.entry ->> 0 OFFSET 0)
      AND EXISTS (SELECT FROM keys k WHERE k.tenant_id = d.tenant_id AND k.app_id = d.app_id
                    AND k.subject = r.entry ->> 0 AND k.revoked_at IS NULL OFFSET 0)
    LIMIT 1
  ) fallback ON true
  WHERE coalesce(same.uuid, other.uuid, fallback.uuid) IS NOT NULL
)
SELECT d.target_id,
       coalesce((SELECT jsonb_agg(jsonb_build_object('user', subject, 'subscription_uuid', uuid) ORDER BY n) FROM told),
                '[]') AS recipients
FROM d`,
};

/** Whom a portal delivery concerns: as they stood when its event was accepted, without those who have left since. */
export async function readRecipients(db: Database, deliveryId: string): Promise<Recipients> {
  const [row] = await db.run<{ target_id: string; recipients: Recipients['recipients'] }>(RECIPIENTS, [
    deliveryId,
    dayOfId(deliveryId),
  ]);
  if (!row) throw new Error(`portal delivery ${deliveryId} is not there`);
  return { targetId: row.target_id, recipients: row.recipients };
}
