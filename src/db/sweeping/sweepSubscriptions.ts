import type { Knex } from 'knex';
import { fairOrder } from '../fairOrder';
import { STAYS_OPEN } from './staysOpen';
import { FIRST_ID, sweepDeliveries } from './sweepDeliveries';

/** So many in one statement; with a page of each, it ends long before the statement timeout. */
const AT_ONCE = 20;
/** Read to choose from: a tenant with more open than this waits for its own. */
const MOST_READ = 10_000;

/** An open cancellation whose sweep can go on. Times are PostgreSQL's texts: a Date would cut them. */
interface Open {
  subscription_id: string;
  at: string;
  swept_to: string | null;
  /** When the pass under way began. */
  began: string;
  /** That was long enough after the last change: what it does not find is not there. */
  is_last: boolean;
}

/**
 * One page of each of the next open cancellations of subscriptions, whose tenants take turns. A pass looks at every pending
 * delivery once. The first one follows a change at once; the last one begins when no statement can be under way that had
 * not seen the change, and when it ends the row goes. A change in between starts over, for its own subscription alone.
 *
 * @returns whether there is more to sweep now.
 */
export async function sweepSubscriptions(knex: Knex): Promise<boolean> {
  const open = await findOpen(knex);
  if (open.length === 0) return false;
  const swept = await sweepDeliveries(
    knex,
    open.map(({ subscription_id, swept_to }) => ({ subscriptionId: subscription_id, after: swept_to ?? FIRST_ID })),
  );
  const lastOf = new Map(swept.map(({ subscriptionId, last }) => [subscriptionId, last]));
  await close(
    knex,
    open.filter((one) => one.is_last && !lastOf.get(one.subscription_id)),
  );
  await goOn(
    knex,
    open
      .map((one) => ({ ...one, swept_to: lastOf.get(one.subscription_id) ?? null }))
      .filter((one) => one.swept_to !== null || !one.is_last),
  );
  return true;
}

async function findOpen(knex: Knex): Promise<Open[]> {
  const waiting = `
    SELECT subscription_id, tenant_id, at, swept_to, CASE WHEN swept_to IS NULL THEN now() ELSE pass_at END AS began
    FROM subscription_cancellations
    WHERE pass_at IS NULL OR swept_to IS NOT NULL OR at < now() - interval '${STAYS_OPEN}'
    ORDER BY at LIMIT ${MOST_READ}`;
  const { rows } = await knex.raw<{ rows: Open[] }>(
    `SELECT subscription_id, at::text, swept_to, began::text, began > at + interval '${STAYS_OPEN}' AS is_last
     FROM (${fairOrder({ waiting, tenant: 'tenant_id', flow: 'subscription_id', first: 'at' })}) o
     ORDER BY turn, o.at LIMIT ${AT_ONCE}`,
  );
  return rows;
}

/** Unless it was changed meanwhile. */
async function close(knex: Knex, done: Open[]): Promise<void> {
  if (done.length === 0) return;
  await knex.raw(
    `DELETE FROM subscription_cancellations x USING unnest(?::uuid[], ?::timestamptz[]) AS o(id, at)
     WHERE x.subscription_id = o.id AND x.at = o.at`,
    [done.map((one) => one.subscription_id), done.map((one) => one.at)],
  );
}

async function goOn(knex: Knex, open: Open[]): Promise<void> {
  if (open.length === 0) return;
  await knex.raw(
    `UPDATE subscription_cancellations x SET pass_at = o.began, swept_to = o.swept_to
     FROM jsonb_to_recordset(?::jsonb) AS o(subscription_id uuid, at timestamptz, began timestamptz, swept_to uuid)
     WHERE x.subscription_id = o.subscription_id AND x.at = o.at`,
    [JSON.stringify(open)],
  );
}
