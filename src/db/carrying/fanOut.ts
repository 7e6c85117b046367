import type { Knex } from 'knex';
import { dayOfId } from '../../contracts/ids';
import type { Selection } from '../../domain/selectors';
import type { Database, Statement } from '../database';
import { fairOrder } from '../fairOrder';
import { pages, TARGETS_AT_ONCE } from '../pagedInterfaces';
import {
  type AcceptedDelivery,
  type AcceptedDeliveryRow,
  DELIVERY_COLUMNS,
  deliveriesOfMatches,
  toAcceptedDelivery,
} from './deliveriesOfMatches';
import { firstMatches } from './firstMatches';

/**
 * The next page of an event's deliveries, in one statement, so in one transaction with how far it is.
 *
 * - `fresh`: the event's locked row, so that of two that write at once each continues where the other one stopped.
 */
const pageStatement = (paged: boolean): Statement => ({
  name: paged ? 'fan_out_paged' : 'fan_out',
  text: `
WITH fresh AS MATERIALIZED (
  SELECT 0 AS ord, id AS event_id, day, tenant_id, type, accepted_at AS at, fan_out_after
  FROM events WHERE id = $1 AND day = $2 AND fan_out_after IS NOT NULL FOR UPDATE
), ${firstMatches({
    selections: '(SELECT 0 AS ord, * FROM unnest($3::text[], $4::text[]) AS u(selector, topic)) x',
    limit: '$5',
    paged,
  })}, match AS MATERIALIZED (
  SELECT DISTINCT ON (event_id, subscription_id) * FROM first
  ORDER BY event_id, subscription_id, length(topic) DESC
), moved AS (
  UPDATE events SET fan_out_after = (SELECT after FROM cut)
  WHERE id = $1 AND day = $2 AND fan_out_after IS NOT NULL
), ${deliveriesOfMatches({
    pages: paged ? pages('$6::int[], $7::text[]', { asAccepted: true }) : null,
    attempting: 'false',
    again: true,
    atMost: null,
  })}
SELECT (SELECT after FROM cut) IS NULL AS is_complete, NULL::uuid AS delivery_id, NULL::uuid AS subscription_id,
       NULL::bigint AS subscription_version, NULL::text AS topic, NULL::boolean AS behind_lane, NULL::boolean AS ordered,
       NULL::boolean AS woke_lane
UNION ALL
SELECT NULL, ${DELIVERY_COLUMNS}
FROM delivery d JOIN subscriptions s ON s.id = d.subscription_id`,
});

const PAGE = pageStatement(false);
const PAGED_PAGE = pageStatement(true);

type PageRow = { is_complete: boolean; delivery_id: null } | ({ is_complete: null } & AcceptedDeliveryRow);

export interface FanOutPage {
  deliveries: AcceptedDelivery[];
  /** Every match has its delivery. */
  isComplete: boolean;
}

/** Writes the deliveries of the next `limit` subscriptions. Of an event that is finished nothing. */
export async function writeFanOutPage(
  db: Database,
  { eventId, selections, limit }: { eventId: string; selections: Selection[]; limit: number },
): Promise<FanOutPage> {
  // Their further targets are pages of their own (fanOutTargets.ts).
  const targets = selections.flatMap(({ targets = [] }) => targets.slice(0, TARGETS_AT_ONCE));
  const rows = await db.runShared<PageRow>(targets.length > 0 ? PAGED_PAGE : PAGE, [
    eventId,
    dayOfId(eventId),
    selections.map(({ selector }) => selector),
    selections.map(({ topic }) => topic),
    limit,
    ...(targets.length > 0 ? [targets.map(() => 0), targets] : []),
  ]);
  return {
    deliveries: rows.flatMap((row) => (row.delivery_id === null ? [] : toAcceptedDelivery(row))),
    isComplete: rows.some((row) => row.is_complete === true),
  };
}

const UNANSWERED: Statement = {
  name: 'fan_out_unanswered',
  text: `
SELECT count(*)::int AS count, (array_agg(subscription_id ORDER BY subscription_id))[1] AS first
FROM (
  SELECT subscription_id FROM deliveries
  WHERE event_id = $1 AND day = $2 AND replay_of IS NULL AND subscription_id >= $3
    AND state = 'pending' AND due_by IS NOT NULL AND failures = 0
  ORDER BY subscription_id LIMIT $4
) u`,
};

/**
 * How many of an event's deliveries, of the subscriptions from `from` on, go out now and had no answer yet; counted up to
 * `most`. What waits behind its lane, or for a later attempt, holds up nobody.
 *
 * @returns also the first of these subscriptions: before it nothing need be looked at again.
 */
export async function countUnanswered(
  db: Database,
  { eventId, from, most }: { eventId: string; from: string; most: number },
): Promise<{ count: number; first: string | null }> {
  const [row] = await db.run<{ count: number; first: string | null }>(UNANSWERED, [
    eventId,
    dayOfId(eventId),
    from,
    most,
  ]);
  return row ?? { count: 0, first: null };
}

export interface UnfinishedEvent {
  eventId: string;
  tenantId: string;
  topic: string;
}

/** So many are read to choose from. */
const MOST_READ = 10_000;

/** SQL, of an event: not all of its deliveries are written. */
export const UNFINISHED = '(fan_out_after IS NOT NULL OR fan_out_targets IS NOT NULL)';

/** Reads the partial indexes `events_unfinished` and `events_unfinished_targets`. Tenants take turns; oldest first. */
export async function findUnfinishedEvents(knex: Knex, limit: number): Promise<UnfinishedEvent[]> {
  const unfinished = (column: string) =>
    `(SELECT id, tenant_id, topic FROM events WHERE ${column} IS NOT NULL ORDER BY id LIMIT ${MOST_READ})`;
  const waiting = `${unfinished('fan_out_after')} UNION ${unfinished('fan_out_targets')}`;
  const { rows } = await knex.raw<{ rows: { id: string; tenant_id: string; topic: string }[] }>(
    `SELECT id, tenant_id, topic FROM (${fairOrder({ waiting, tenant: 'tenant_id', flow: 'topic', first: 'id' })}) o
     ORDER BY turn, id LIMIT ?`,
    [limit],
  );
  return rows.map(({ id, tenant_id, topic }) => ({ eventId: id, tenantId: tenant_id, topic }));
}
