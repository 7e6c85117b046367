import { deliveryWorkflowId, laneWorkflowId } from '../contracts/ids';
import type { DeliveryState, LaneState } from '../contracts/states';
import { COVERED_BY_GRANT, COVERED_BY_SUBSCRIPTION, NOT_CANCELLED } from './carrying/cancelled';

/** A delivery as it reads: what was cancelled as a whole shows so before the background pass has written it. */
export interface Delivery {
  id: string;
  eventId: string;
  subscriptionId: string;
  /** Whose it is: the subscriber's. */
  tenantId: string;
  appId: string;
  topic: string;
  /** Of the pages of recipients that its event has, from 1; 0: it is for the whole subscription. */
  pageNumber: number;
  state: DeliveryState;
  reason: string | null;
  /** Null while an attempt is under way, and when it is due and waits behind a lane for something else than a time. */
  nextAttemptAt: Date | null;
  /** The lane that it waits behind. */
  waitsBehind: { laneId: string; state: LaneState; reason: string | null } | null;
  /** Of what carries it: its own, or its lane's (of an ordered subscription always). */
  workflowId: string;
  createdAt: Date;
  finishedAt: Date | null;
  replayOf: string | null;
}

export interface DeliveryRow {
  id: string;
  event_id: string;
  subscription_id: string;
  tenant_id: string;
  app_id: string;
  topic: string;
  page_number: number;
  state: DeliveryState;
  reason: string | null;
  generation: number;
  next_attempt_at: Date | null;
  due_by: Date | null;
  created_at: Date;
  finished_at: Date | null;
  replay_of: string | null;
  ordered: boolean;
  lane_id: string | null;
  lane_state: LaneState | null;
  lane_reason: string | null;
}

/**
 * Of a pending delivery `d`: it is cancelled though its row does not say so yet. An event that was accepted while its
 * subscription was being deleted has a delivery that no cancellation covers; the subscription's state covers it.
 */
export const CANCELLED = `(NOT (${NOT_CANCELLED}) OR EXISTS (
      SELECT FROM subscriptions g WHERE g.id = d.subscription_id AND g.state = 'deleted'))`;

/** Rows of deliveries `d` as DeliveryRow, from whatever `source` names d; add a WHERE or ORDER BY. */
export function selectDeliveries(source: string): string {
  return `
SELECT d.id, d.event_id, d.subscription_id, d.tenant_id, d.app_id, d.topic, d.page_number, d.generation,
       d.due_by, d.created_at, d.replay_of, s.ordered, l.id AS lane_id, l.state AS lane_state, l.reason AS lane_reason,
       CASE WHEN d.due_by IS NOT NULL THEN d.next_attempt_at WHEN n.at > now() THEN n.at END AS next_attempt_at,
       CASE WHEN c.cancelled THEN 'cancelled' ELSE d.state END AS state,
       CASE WHEN c.cancelled THEN coalesce(x.reason, 'subscription_deleted') ELSE d.reason END AS reason,
       CASE WHEN c.cancelled THEN coalesce(x.at, s.updated_at) ELSE d.finished_at END AS finished_at
FROM ${source}
JOIN subscriptions s ON s.id = d.subscription_id
CROSS JOIN LATERAL (SELECT d.state = 'pending' AND ${CANCELLED} AS cancelled) c
LEFT JOIN lanes l ON d.state = 'pending' AND l.subscription_id = d.subscription_id
  AND l.topic = CASE WHEN d.lane_number IS NULL THEN '' ELSE d.topic END
CROSS JOIN LATERAL (SELECT greatest(d.next_attempt_at, l.next_attempt_at) AS at) n
LEFT JOIN LATERAL (
  (SELECT CASE WHEN s.state <> 'deleted' THEN 'topic_dropped' END AS reason, x.at FROM subscription_cancellations x
   WHERE ${COVERED_BY_SUBSCRIPTION})
  UNION ALL
  (SELECT 'grant_withdrawn', x.at FROM grant_cancellations x
   WHERE d.event_tenant_id <> d.tenant_id AND ${COVERED_BY_GRANT})
  ORDER BY at LIMIT 1
) x ON c.cancelled`;
}

export function toDelivery(row: DeliveryRow): Delivery {
  const { id, subscription_id: subscriptionId, topic, generation } = row;
  const words = { tenantId: row.tenant_id, appId: row.app_id, topic };
  const pending = row.state === 'pending';
  const behindLane = pending && row.due_by === null;
  return {
    id,
    eventId: row.event_id,
    subscriptionId,
    tenantId: row.tenant_id,
    appId: row.app_id,
    topic,
    pageNumber: row.page_number,
    state: row.state,
    reason: row.reason,
    nextAttemptAt: pending ? row.next_attempt_at : null,
    waitsBehind:
      behindLane && row.lane_id !== null && row.lane_state !== null
        ? { laneId: row.lane_id, state: row.lane_state, reason: row.lane_reason }
        : null,
    workflowId:
      row.ordered || behindLane
        ? laneWorkflowId(subscriptionId, { ...words, topic: row.ordered ? topic : '' })
        : deliveryWorkflowId({ deliveryId: id, generation }, words),
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    replayOf: row.replay_of,
  };
}
