import type { Knex } from 'knex';

/** Clocks that are kept in step are corrected by less; after a failover the standby's may be behind by any time. */
const MOST_CORRECTED = '15 s';

/**
 * Called with each heartbeat, before the process writes its own. Every process writes the time every few seconds, so times
 * that lie ahead show that PostgreSQL's clock went back, and by how much, to within those seconds. Whoever comes first
 * notes it, and brings the times of the others back into line.
 *
 * @returns by how much it went back, in milliseconds; 0: it did not, or somebody else has noted it.
 */
export async function noteClockSetback(knex: Knex): Promise<number> {
  const { rows } = await knex.raw<{ rows: { back_ms: string }[] }>(
    `WITH ahead AS MATERIALIZED (
       SELECT id, seen_at FROM processes WHERE seen_at > now() + interval '${MOST_CORRECTED}' ORDER BY id FOR UPDATE
     ), corrected AS (
       UPDATE processes p SET seen_at = now() FROM ahead WHERE p.id = ahead.id
     )
     INSERT INTO clock_setbacks (back_ms)
     SELECT extract(epoch FROM max(seen_at) - now()) * 1000 FROM ahead HAVING count(*) > 0
     RETURNING back_ms`,
  );
  return Number(rows[0]?.back_ms ?? 0);
}

export interface ClockSetback {
  id: string;
  backMs: number;
  lanesDone: boolean;
}

/** The oldest whose waits are not pulled in yet. */
export async function findOpenSetback(knex: Knex): Promise<ClockSetback | null> {
  const row = await knex('clock_setbacks').whereNull('done_at').orderBy('id').first('id', 'back_ms', 'lanes_done');
  return row ? { id: row.id, backMs: Number(row.back_ms), lanesDone: row.lanes_done } : null;
}

/**
 * Lanes: next attempts and probes come as much earlier as the clock went back, a hold ends after its usual time, and
 * every lane's workflow is asked to look again. Cancellations: their times mean nothing any more, so what they separated by
 * time is left alone, and they stay open for their usual time from now.
 */
export async function pullInLanes(knex: Knex, { id, backMs }: ClockSetback): Promise<void> {
  await knex.transaction(async (trx) => {
    // Two rounds at once: the second one finds it done.
    const open = await trx('clock_setbacks').where({ id, lanes_done: false }).forUpdate().first('id');
    if (!open) return;
    await trx.raw(
      `UPDATE lanes l
       SET next_attempt_at = CASE WHEN next_attempt_at > now()
                                  THEN greatest(next_attempt_at - ? * interval '1 ms', now()) ELSE next_attempt_at END,
           held_until = CASE WHEN held_until IS NOT NULL
                             THEN least(held_until, now() + interval '15 s' + s.timeout_ms * interval '1 ms') END,
           due_by = CASE WHEN due_by IS NOT NULL THEN least(due_by, now()) END
       FROM (SELECT id, subscription_id FROM lanes WHERE state <> 'idle' OR due_by IS NOT NULL ORDER BY id FOR UPDATE) locked
       JOIN subscriptions s ON s.id = locked.subscription_id
       WHERE l.id = locked.id`,
      [backMs],
    );
    await trx.raw(
      `UPDATE subscription_cancellations SET at = now(), readded = '{}', pass_at = NULL, swept_to = NULL WHERE at > now()`,
    );
    await trx.raw(
      `UPDATE grant_cancellations SET at = now(), pass_at = NULL, swept_subscription = NULL, swept_to = NULL
       WHERE at > now()`,
    );
    await trx('clock_setbacks').where({ id }).update({ lanes_done: true });
  });
}

/** Pending deliveries that a statement looks at. */
const PAGE = 1000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * The next page of pending deliveries, each looked at once. A wait that was planned before the clock went back (the attempt
 * before it ended in what is the future now) ends as much earlier. What nobody attempted, or was to be retried by
 * hand, is due at once, as it always is. A claim under way runs out after its usual time.
 *
 * @returns whether there is more.
 */
export async function pullInDeliveries(knex: Knex, { id, backMs }: ClockSetback): Promise<boolean> {
  return knex.transaction(async (trx) => {
    const setback = await trx('clock_setbacks')
      .where({ id })
      .whereNull('done_at')
      .forUpdate()
      .first<{ subscription_id: string | null; delivery_id: string | null } | undefined>(
        'subscription_id',
        'delivery_id',
      );
    if (!setback) return false;
    const { rows } = await trx.raw<{ rows: { subscription_id: string; id: string }[] }>(
      `WITH page AS MATERIALIZED (
         SELECT id, day, subscription_id, next_attempt_at, due_by FROM deliveries
         WHERE state = 'pending' AND (subscription_id, id) > (?::uuid, ?::uuid)
         ORDER BY subscription_id, id LIMIT ${PAGE}
       ), wait AS MATERIALIZED (
         SELECT p.id, p.day,
                CASE WHEN p.next_attempt_at > now() THEN ${NEXT_ATTEMPT_AT} ELSE p.next_attempt_at END AS next_attempt_at
         FROM page p LEFT JOIN LATERAL (
           SELECT a.started_at + a.duration_ms * interval '1 ms' AS ended_at FROM attempts a
           WHERE a.delivery_id = p.id AND a.day = p.day ORDER BY a.number DESC LIMIT 1
         ) a ON true
         WHERE p.next_attempt_at > now() OR p.due_by > now()
       ), locked AS MATERIALIZED (
         SELECT d.id, d.day, w.next_attempt_at, s.timeout_ms
         FROM wait w JOIN deliveries d ON d.id = w.id AND d.day = w.day JOIN subscriptions s ON s.id = d.subscription_id
         WHERE d.state = 'pending' ORDER BY d.id FOR UPDATE OF d
       ), pulled AS (
         UPDATE deliveries d
         SET next_attempt_at = l.next_attempt_at,
             due_by = CASE WHEN d.due_by IS NOT NULL THEN least(d.due_by, CASE WHEN l.next_attempt_at IS NULL
               THEN now() + greatest(interval '1 minute', interval '30 s' + l.timeout_ms * interval '1 ms')
               ELSE greatest(l.next_attempt_at, now()) + interval '30 s' END) END
         FROM locked l
         WHERE d.id = l.id AND d.day = l.day AND (d.next_attempt_at IS NULL) = (l.next_attempt_at IS NULL)
       )
       SELECT subscription_id, id FROM page ORDER BY subscription_id, id`,
      [setback.subscription_id ?? FIRST_ID, setback.delivery_id ?? FIRST_ID, backMs],
    );
    const last = rows.at(-1);
    if (last && rows.length === PAGE) {
      await trx('clock_setbacks').where({ id }).update({ subscription_id: last.subscription_id, delivery_id: last.id });
      return true;
    }
    await trx('clock_setbacks').where({ id }).update({ done_at: trx.fn.now() });
    return false;
  });
}

const NEXT_ATTEMPT_AT = `
                  CASE WHEN a.ended_at IS NULL THEN now()
                       WHEN a.ended_at > now() THEN greatest(p.next_attempt_at - ? * interval '1 ms', now())
                       ELSE p.next_attempt_at END`;
