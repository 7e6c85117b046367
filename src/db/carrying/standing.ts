import { dayOfId } from '../../contracts/ids';
import type { DeliveryState, SubscriptionState } from '../../contracts/states';
import type { Standing } from '../../domain/delivery';
import type { Database, Statement } from '../database';
import { NOT_CANCELLED } from './cancelled';
import { JOIN_MAIN_LANE, JOIN_SUBSCRIPTION, joinDelivery } from './rows';

const STANDING: Statement = {
  name: 'standing',
  text: `
SELECT d.id, d.state, d.reason, d.generation, d.attempt, d.failures, d.topic, d.subscription_id,
       s.state AS subscription_state, s.version AS subscription_version, d.next_attempt_at,
       d.state = 'pending' AND d.due_by IS NULL AS behind_lane, l.state <> 'idle' AS lane_in_use,
       d.state = 'pending' AND NOT (${NOT_CANCELLED}) AS cancelled,
       (extract(epoch FROM d.next_attempt_at - now()) * 1000)::float8 AS next_attempt_in_ms,
       (extract(epoch FROM d.due_by - now()) * 1000)::float8 AS due_in_ms,
       a.number AS last_number, a.status_code AS last_status_code, a.fault AS last_fault
FROM unnest($1::uuid[], $2::date[]) AS w(id, day)
${joinDelivery('w')}
${JOIN_SUBSCRIPTION}
${JOIN_MAIN_LANE}
LEFT JOIN LATERAL (
  SELECT number, status_code, fault FROM attempts
  WHERE delivery_id = d.id AND day = d.day ORDER BY number DESC LIMIT 1
) a ON true`,
};

interface StandingRow {
  id: string;
  state: DeliveryState;
  reason: string | null;
  generation: number;
  attempt: number;
  failures: number;
  topic: string;
  subscription_id: string;
  subscription_state: SubscriptionState;
  subscription_version: string;
  next_attempt_at: Date | null;
  behind_lane: boolean;
  lane_in_use: boolean;
  cancelled: boolean;
  next_attempt_in_ms: number | null;
  due_in_ms: number | null;
  last_number: number | null;
  last_status_code: number | null;
  last_fault: string | null;
}

export async function readStandings(db: Database, deliveryIds: string[]): Promise<Standing[]> {
  const rows = await db.run<StandingRow>(STANDING, [deliveryIds, deliveryIds.map(dayOfId)]);
  return rows.map((row) => ({
    deliveryId: row.id,
    state: row.state,
    reason: row.reason,
    generation: row.generation,
    attempt: row.attempt,
    failures: row.failures,
    topic: row.topic,
    subscriptionId: row.subscription_id,
    cancelled: row.cancelled,
    subscriptionState: row.subscription_state,
    subscriptionVersion: Number(row.subscription_version),
    behindLane: row.behind_lane,
    isLaneInUse: row.lane_in_use,
    nextAttemptAt: row.next_attempt_at,
    nextAttemptInMs: row.next_attempt_in_ms,
    dueInMs: row.due_in_ms,
    last: row.last_number === null ? null : { statusCode: row.last_status_code, fault: row.last_fault },
  }));
}
