import { putTopic } from '../driver/scene';
import type { Lab } from '../lab';
import type { Attacker } from './attacker';

const CALLS_AT_ONCE = 20;

export interface AttackerSubscription {
  id: string;
  topic: string;
}

/** A native subscription of the attacker's, made as its own key may make it. It is in no journal. */
export async function subscribeAttacker(
  lab: Lab,
  { tenantId, appId }: Attacker,
  { topic, ...settings }: { topic: string; callbackUrl: string; [field: string]: unknown },
): Promise<AttackerSubscription> {
  await putTopic(lab, topic);
  const body = { tenantId, appId, topics: [topic], ...settings };
  const { id } = await lab.operator.call<{ id: string }>('POST', '/v1/subscriptions', body);
  return { id, topic };
}

/** Makes so many things by calls, some at once. */
export async function makeMany<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  let next = 0;
  const maker = async () => {
    while (next < count) {
      const index = next++;
      made[index] = await make(index);
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, maker));
  return made;
}

/**
 * Writes rows as if so many events had been accepted ten minutes ago, which publishing would take minutes for: `pending`
 * behind the subscription's lane, or `delivered` with numbers of its ordered lane.
 */
export async function insertDeliveries(
  { stack }: Lab,
  { tenantId, appId }: Attacker,
  { id, topic, count, state }: AttackerSubscription & { count: number; state: 'pending' | 'delivered' },
): Promise<void> {
  const isDelivered = state === 'delivered';
  const client = await stack.postgres.connect();
  try {
    await client.query(
      `INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                               lane_number, created_at, finished_at)
       SELECT uuid_v7_at((extract(epoch FROM at) * 1000)::bigint), (at AT TIME ZONE 'UTC')::date, gen_random_uuid(), $1, $2,
              $1, $3, $4, $5, CASE WHEN $6 THEN n END, at, CASE WHEN $6 THEN at END
       FROM generate_series(1, $7::integer) AS n, (SELECT now() - interval '10 minutes' AS at) AS moment`,
      [tenantId, id, appId, topic, state, isDelivered, count],
    );
    if (isDelivered) await client.query('UPDATE lanes SET counter = $1 WHERE subscription_id = $2', [count, id]);
    await client.query('ANALYZE deliveries');
  } finally {
    await client.end();
  }
}

const EXCERPT_CHARS = 4096;
/** As many as the longest named schedule makes. */
const ATTEMPTS = 17;

/** Writes rows as if so many deliveries had failed, each after so many attempts, every one of them with a long answer. */
export async function insertFailures(
  { stack }: Lab,
  { tenantId, appId }: Attacker,
  { id, topic, count, attempts = ATTEMPTS }: AttackerSubscription & { count: number; attempts?: number },
): Promise<void> {
  await stack.postgres.query(
    `WITH event AS (
       INSERT INTO events (id, day, tenant_id, source, topic, type, status, key, changes, publisher_key_id, accepted_at)
       SELECT uuid_v7_at((extract(epoch FROM now()) * 1000)::bigint), (now() AT TIME ZONE 'UTC')::date, $1, 'faults', $4,
              'changed', '1', 'key', '["id1"]', 'nobody', now()
       FROM generate_series(1, $5::integer)
       RETURNING id, day
     ), failed AS (
       INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state, reason,
                               attempt, failures, created_at, finished_at)
       SELECT uuid_v7_at((extract(epoch FROM now()) * 1000)::bigint), day, id, $1, $2, $1, $3, $4, 'failed',
              'retries_exhausted', $6, $6, now(), now()
       FROM event RETURNING id, day
     )
     INSERT INTO attempts (delivery_id, day, number, started_at, duration_ms, status_code, response_excerpt)
     SELECT id, day, number, now(), 5, 500, repeat('x', ${EXCERPT_CHARS})
     FROM failed, generate_series(1, $6::integer) AS number`,
    [tenantId, id, appId, topic, count, attempts],
  );
}
