import { dayOfId } from '../../contracts/ids';
import type { Selection } from '../../domain/selectors';
import type { Database, Statement } from '../database';
import { PORTAL_SELECTOR, pages, TARGETS_AT_ONCE } from '../pagedInterfaces';
import {
  type AcceptedDeliveryRow,
  DELIVERY_COLUMNS,
  deliveriesOfMatches,
  toAcceptedDelivery,
} from './deliveriesOfMatches';
import type { FanOutPage } from './fanOut';
import { matchedAt } from './firstMatches';

/**
 * The pages of recipients of an event's next targets, in one statement, so in one transaction with how far it is.
 *
 * - `fresh`: the event's locked row, unless another writer changed it while this one waited for the lock: the statement does not see
 *   that one's pages, and would number its own like them. It writes nothing then, and its caller asks again.
 * - Pages are numbered on from those that the subscription has of this event.
 * - `moved` reads `fresh`: a row that this statement has changed already would not be locked, and not be there.
 */
const TARGET_PAGES: Statement = {
  name: 'fan_out_targets',
  text: `
WITH seen AS MATERIALIZED (
  SELECT fan_out_targets FROM events WHERE id = $1 AND day = $2
), unfinished AS MATERIALIZED (
  SELECT 0 AS ord, id AS event_id, day, tenant_id, type, accepted_at AS at, fan_out_targets
  FROM events WHERE id = $1 AND day = $2 AND fan_out_targets IS NOT NULL FOR UPDATE
), fresh AS MATERIALIZED (
  SELECT u.* FROM unfinished u JOIN seen s ON s.fan_out_targets = u.fan_out_targets
), match AS MATERIALIZED (
  SELECT f.ord, f.event_id, f.day, f.at, f.tenant_id AS event_tenant_id, $4::text AS topic, r.subscription_id, r.lane_id,
         f.type, r.selector,
         (SELECT coalesce(max(page_number), 0) FROM deliveries d
          WHERE d.event_id = f.event_id AND d.subscription_id = r.subscription_id AND d.day = f.day
            AND d.replay_of IS NULL) AS pages_before
  FROM fresh f
  CROSS JOIN LATERAL (
    SELECT * FROM subscription_selectors WHERE tenant_id = f.tenant_id AND selector = '${PORTAL_SELECTOR}' OFFSET 0
  ) r
  WHERE ${matchedAt('r', 'f.at')}
), next AS MATERIALIZED (
  SELECT array_agg(0) AS ords, array_agg(target) AS targets
  FROM fresh f CROSS JOIN unnest(($3::text[])[f.fan_out_targets + 1 : f.fan_out_targets + ${TARGETS_AT_ONCE}]) AS target
), moved AS (
  UPDATE events e
  SET fan_out_targets = CASE WHEN f.fan_out_targets + ${TARGETS_AT_ONCE} < cardinality($3::text[])
                             THEN f.fan_out_targets + ${TARGETS_AT_ONCE} END
  FROM fresh f WHERE e.id = $1 AND e.day = $2 AND e.id = f.event_id
  RETURNING e.fan_out_targets
), ${deliveriesOfMatches({
    pages: pages('(SELECT ords FROM next), (SELECT targets FROM next)', { after: 'pages_before', asAccepted: true }),
    attempting: 'false',
    again: true,
    atMost: null,
  })}
SELECT NOT EXISTS (SELECT FROM unfinished) OR EXISTS (SELECT FROM moved WHERE fan_out_targets IS NULL) AS is_complete, NULL::uuid AS delivery_id,
       NULL::uuid AS subscription_id, NULL::bigint AS subscription_version, NULL::text AS topic,
       NULL::boolean AS behind_lane, NULL::boolean AS ordered, NULL::boolean AS woke_lane
UNION ALL
SELECT NULL, ${DELIVERY_COLUMNS}
FROM delivery d JOIN subscriptions s ON s.id = d.subscription_id`,
};

type TargetPageRow = { is_complete: boolean; delivery_id: null } | ({ is_complete: null } & AcceptedDeliveryRow);

/** Writes the deliveries for the event's next targets. Of an event whose targets are finished, and after another writer, nothing. */
export async function writeTargetPages(
  db: Database,
  { eventId, selections }: { eventId: string; selections: Selection[] },
): Promise<FanOutPage> {
  const paged = selections.find(({ targets }) => targets !== undefined);
  if (!paged) return { deliveries: [], isComplete: true };
  const rows = await db.runShared<TargetPageRow>(TARGET_PAGES, [eventId, dayOfId(eventId), paged.targets, paged.topic]);
  return {
    deliveries: rows.flatMap((row) => (row.delivery_id === null ? [] : toAcceptedDelivery(row))),
    isComplete: rows.some((row) => row.is_complete === true),
  };
}
