import { dayOfId } from '../../contracts/ids';
import type { Database, Statement } from '../database';
import { STILL_INTERESTED } from './pages';

export interface Recipients {
  targetId: string;
  recipients: { user: string; subscription_uuid: string }[];
}

/** Who has turned to another target, type or action since, or has switched it off or deleted it, has left. */
const RECIPIENTS: Statement = {
  name: 'portal_recipients',
  text: `
SELECT d.page ->> 'targetId' AS target_id, coalesce(here.recipients, '[]') AS recipients
FROM deliveries d
JOIN events e ON e.id = d.event_id AND e.day = d.day
CROSS JOIN LATERAL (
  SELECT jsonb_agg(jsonb_build_object('user', r.subject, 'subscription_uuid', p.uuid) ORDER BY r.n) AS recipients
  FROM (SELECT entry ->> 0 AS subject, (entry ->> 1)::bigint AS id, n
        FROM jsonb_array_elements(d.page -> 'recipients') WITH ORDINALITY AS x(entry, n)) r
  JOIN portal_subscriptions p ON p.id = r.id
  WHERE p.tenant_id = d.tenant_id AND p.target_type = d.topic::bigint AND p.action = e.type
    AND p.target_id = d.page ->> 'targetId' AND ${STILL_INTERESTED}
) here
WHERE d.id = $1 AND d.day = $2`,
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
