import { idAt } from './ids';

export interface AcceptedDelivery {
  deliveryId: string;
  subscriptionId: string;
  subscriptionVersion: number;
  /** The name of the subscription's that the event matched; of several, the longest. */
  topic: string;
  /** It waits behind a lane: nobody attempts it now. */
  behindLane: boolean;
  /** Its lane is that of its topic, in which it has a number; else the subscription's one lane. */
  ordered: boolean;
  /** It made its lane awake: whoever accepted it tells the lane's workflow. */
  wokeLane: boolean;
}

/** As DELIVERY_COLUMNS name them. */
export interface AcceptedDeliveryRow {
  delivery_id: string;
  subscription_id: string;
  subscription_version: string;
  topic: string;
  behind_lane: boolean;
  ordered: boolean;
  woke_lane: boolean;
}

export function toAcceptedDelivery(row: AcceptedDeliveryRow): AcceptedDelivery {
  return {
    deliveryId: row.delivery_id,
    subscriptionId: row.subscription_id,
    subscriptionVersion: Number(row.subscription_version),
    topic: row.topic,
    behindLane: row.behind_lane,
    ordered: row.ordered,
    wokeLane: row.woke_lane,
  };
}

/** Of `delivery d` and its subscription `s`. */
export const DELIVERY_COLUMNS = `d.id AS delivery_id, d.subscription_id, s.version AS subscription_version, d.topic,
       d.due_by IS NULL AS behind_lane, d.lane_number IS NOT NULL AS ordered,
       (d.subscription_id, CASE WHEN d.lane_number IS NULL THEN '' ELSE d.topic END)
         IN (SELECT subscription_id, topic FROM lane WHERE NOT was_awake) AS woke_lane`;

/**
 * What a delivery begins with. Behind a lane nobody attempts it; else it is claimed by the process that inserts it, or
 * due for a worker's claim. Of a row with `at`, `timeout_ms` and `behind_lane`.
 */
export const firstClaim = (attempting: string) => ({
  attempt: `CASE WHEN ${attempting} AND NOT behind_lane THEN 1 ELSE 0 END`,
  nextAttemptAt: `CASE WHEN NOT ${attempting} AND NOT behind_lane THEN at END`,
  dueBy: `CASE WHEN NOT behind_lane
              THEN now() + interval '30 s' + CASE WHEN ${attempting} THEN timeout_ms ELSE 0 END * interval '1 ms' END`,
});

export interface DeliveriesOfMatches {
  /** CTEs from `match` to `paged` where something matches page by page (db/pagedInterfaces.ts). */
  pages: string | null;
  /** Whether the insert is the claim of the first attempt; else the delivery waits for a worker's claim, due at once. */
  attempting: string;
  /** What is there already is left as it is. */
  again?: boolean;
  /** More deliveries than this: the statement fails, before it waits for a lock (`isLargeFanOut`). Null: whatever there is. */
  atMost: string | null;
}

const refuseMoreThan = (atMost: string, rows: string) =>
  `CASE WHEN (SELECT true FROM ${rows} OFFSET ${atMost}::int LIMIT 1) THEN refuse_large_fan_out() ELSE true END`;

/**
 * CTEs from `match` to `delivery`: a row for each match.
 *
 * - `locked`: the lanes that deliveries go behind, locked in id order. The locked row, not the snapshot, says whether
 *   the lane is still in use: a lane that fell asleep a moment ago would never be woken for what is put behind it.
 * - `standing`: them in one value. A join with so many locked lanes would be a nested loop: nothing tells the planner
 *   how many there are.
 * - `joining`: an ordered lane numbers what joins it. Its row is locked until the commit, so number order is commit
 *   order. A lane that is gone was dropped with its topic while this statement waited for it: so is the match.
 * - `lane`: whoever makes a lane awake tells its workflow; the others need not.
 */
export const deliveriesOfMatches = ({ pages, attempting, again = false, atMost }: DeliveriesOfMatches) => {
  const claim = firstClaim(attempting);
  return `${pages === null ? '' : `${pages}, `}locked AS MATERIALIZED (
  SELECT id, topic <> '' AS ordered, state, awake, counter FROM lanes
  WHERE id IN (SELECT lane_id FROM match${atMost === null ? '' : ` WHERE ${refuseMoreThan(atMost, pages === null ? 'match' : 'paged')}`}) AND (topic <> '' OR state <> 'idle')
  ORDER BY id FOR UPDATE
), standing AS MATERIALIZED (
  SELECT coalesce(jsonb_object_agg(id, jsonb_build_object('awake', awake, 'counter', CASE WHEN ordered THEN counter END)),
                  '{}') AS lanes
  FROM locked WHERE ordered OR state <> 'idle'
), joining AS MATERIALIZED (
  SELECT m.*, s.tenant_id, s.app_id, s.timeout_ms, standing.lanes ? m.lane_id::text AS behind_lane,
         (standing.lanes -> m.lane_id::text ->> 'awake')::boolean AS was_awake,
         (standing.lanes -> m.lane_id::text ->> 'counter')::bigint
           + row_number() OVER (PARTITION BY m.lane_id ORDER BY m.ord) AS number
  FROM standing CROSS JOIN ${pages === null ? 'match' : 'paged'} m
  JOIN subscriptions s ON s.id = m.subscription_id
  WHERE NOT s.ordered OR standing.lanes ? m.lane_id::text
), lane AS (
  UPDATE lanes
  SET counter = coalesce(j.last, counter), awake = true,
      state = CASE WHEN state = 'idle' THEN 'running' ELSE state END,
      since = CASE WHEN state = 'idle' THEN now() ELSE since END,
      due_by = CASE WHEN j.was_awake THEN due_by ELSE now() + interval '1 minute' END
  FROM (SELECT lane_id, bool_and(was_awake) AS was_awake, max(number) AS last
        FROM joining WHERE behind_lane GROUP BY lane_id) j
  WHERE lanes.id = j.lane_id AND (j.last IS NOT NULL OR NOT j.was_awake)
  RETURNING lanes.subscription_id, lanes.topic, j.was_awake
), delivery AS (
  INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                          attempt, next_attempt_at, due_by, lane_number, created_at${pages === null ? '' : ', page, page_number'})
  SELECT ${idAt('j.at')}, j.day, j.event_id, j.event_tenant_id,
         j.subscription_id, j.tenant_id, j.app_id, j.topic, 'pending',
         ${claim.attempt}, ${claim.nextAttemptAt}, ${claim.dueBy}, j.number, j.at${pages === null ? '' : ', j.page, j.page_number'}
  FROM joining j${again ? ' ON CONFLICT (event_id, subscription_id, page_number, day) WHERE replay_of IS NULL DO NOTHING' : ''}
  RETURNING id, event_id, subscription_id, topic, due_by, lane_number
)`;
};
