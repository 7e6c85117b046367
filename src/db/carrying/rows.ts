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

/**
 * Joins the delivery `d` of `w` (id, day) by its primary key, and by nothing else: LIMIT keeps every other condition out. The
 * hot path keeps the plan of its first run, when tables are perhaps empty and a whole partial index looks as cheap as
 * one row: a write of 23 outcomes then read every pending delivery, and a look at 14 deliveries all that there were.
 * ON says it again so that the planner expects one row, and looks up by key what is joined to it.
 *
 * `lock` locks in the order in which `w` comes: by id, as every multi-row write does.
 */
export const joinDelivery = (w: string, { lock }: { lock?: 'UPDATE' | 'KEY SHARE' } = {}) =>
  `JOIN LATERAL (
    SELECT * FROM deliveries WHERE id = ${w}.id AND day = ${w}.day LIMIT 1${lock ? ` FOR ${lock}` : ''}
  ) d ON d.id = ${w}.id AND d.day = ${w}.day`;

/**
 * The deliveries `d` that CTE `outcome` names, locked. `after`: a CTE that locks lanes, which come first everywhere; how many they
 * are has to be known before the first outcome is looked at.
 */
export const lockOutcomesDeliveries = ({ after }: { after?: string } = {}) =>
  `(SELECT DISTINCT id, day FROM outcome${after ? ` WHERE (SELECT count(*) FROM ${after}) >= 0` : ''} ORDER BY id) o
  ${joinDelivery('o', { lock: 'UPDATE' })}`;

/** Joins the subscription `s` of `d`, in the same way. */
export const JOIN_SUBSCRIPTION = `CROSS JOIN LATERAL (
    SELECT * FROM subscriptions WHERE id = d.subscription_id LIMIT 1
  ) s`;

/** Joins the lane `l` of `d`'s subscription, the one for what is not ordered, in the same way. */
export const JOIN_MAIN_LANE = `CROSS JOIN LATERAL (
    SELECT * FROM lanes WHERE subscription_id = d.subscription_id AND topic = '' LIMIT 1
  ) l`;

/** What follows a CTE named `claimed` that returns rows of deliveries. */
export const TO_ATTEMPT = `c.id, c.generation, c.attempt, c.failures, c.subscription_id,
       s.version AS subscription_version, c.topic AS delivery_topic, e.id AS event_id, e.tenant_id AS event_tenant_id,
       e.source, e.topic, e.type, e.status, e.key, e.changes, e.accepted_at
FROM claimed c
JOIN subscriptions s ON s.id = c.subscription_id
JOIN events e ON e.id = c.event_id AND e.day = c.day`;

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
