import type { DeliveryToAttempt } from '../../domain/delivery';

export interface DeliveryToAttemptRow {
  id: string;
  generation: number;
  attempt: number;
  failures: number;
  subscription_id: string;
  subscription_version: string;
  event_id: string;
  delivery_topic: string;
  event_tenant_id: string;
  source: string;
  topic: string;
  type: string;
  status: string;
  key: string;
  changes: string;
  accepted_at: Date;
}

/** What follows a CTE named `claimed` that returns rows of deliveries. */
export const TO_ATTEMPT = `c.id, c.generation, c.attempt, c.failures, c.subscription_id,
       s.version AS subscription_version, c.topic AS delivery_topic, e.id AS event_id, e.tenant_id AS event_tenant_id,
       e.source, e.topic, e.type, e.status, e.key, e.changes, e.accepted_at
FROM claimed c
JOIN subscriptions s ON s.id = c.subscription_id
JOIN events e ON e.id = c.event_id AND e.day = c.day`;

/**
 * Which deliveries `d` a cancellation `x` covers. A deleted subscription never comes back, so all of it; a topic or a grant can,
 * so what was accepted until then.
 */
export const COVERED = `x.subscription_id = d.subscription_id
        AND (x.topic IS NULL OR x.topic = d.topic)
        AND (x.event_tenant_id IS NULL OR x.event_tenant_id = d.event_tenant_id)
        AND (d.created_at <= x.at OR (x.topic IS NULL AND x.event_tenant_id IS NULL))`;

/** Of a delivery `d`: no open cancellation covers it. There are hardly ever any: one probe of a tiny partial index. */
export const NOT_CANCELLED = `NOT EXISTS (
      SELECT FROM cancellations x
      WHERE x.done_at IS NULL AND ${COVERED})`;

export function toDeliveryToAttempt(row: DeliveryToAttemptRow): DeliveryToAttempt {
  return {
    deliveryId: row.id,
    generation: row.generation,
    attempt: row.attempt,
    failures: row.failures,
    subscriptionId: row.subscription_id,
    subscriptionVersion: Number(row.subscription_version),
    topic: row.delivery_topic,
    event: {
      id: row.event_id,
      tenantId: row.event_tenant_id,
      source: row.source,
      topic: row.topic,
      type: row.type,
      status: row.status,
      key: row.key,
      changes: row.changes,
      acceptedAt: row.accepted_at,
    },
  };
}
