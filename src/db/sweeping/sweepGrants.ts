import type { Knex } from 'knex';
import { STAYS_OPEN } from './staysOpen';
import { FIRST_ID, LAST_ID, sweepDeliveries } from './sweepDeliveries';

/** Subscriptions of the app in one statement. */
const AT_ONCE = 20;

interface Open {
  tenant_id: string;
  app_id: string;
  event_tenant_id: string;
  at: string;
  swept_subscription: string | null;
  swept_to: string | null;
  began: string;
  is_last: boolean;
}

/**
 * One page of the withdrawn grant that waits longest: some of the app's subscriptions. Only operators of the installation
 * withdraw grants, so these need no turns by tenant.
 *
 * @returns whether there is more to sweep now.
 */
export async function sweepGrants(knex: Knex): Promise<boolean> {
  const open = await findOpen(knex);
  if (!open) return false;
  const { rows: subscriptions } = await knex.raw<{ rows: { id: string }[] }>(
    'SELECT id FROM subscriptions WHERE tenant_id = ? AND app_id = ? AND id >= ? ORDER BY id LIMIT ?',
    [open.tenant_id, open.app_id, open.swept_subscription ?? FIRST_ID, AT_ONCE],
  );
  const swept = await sweepDeliveries(
    knex,
    subscriptions.map(({ id }) => ({
      subscriptionId: id,
      after: id === open.swept_subscription && open.swept_to !== null ? open.swept_to : FIRST_ID,
    })),
  );
  const lastOf = new Map(swept.map(({ subscriptionId, last }) => [subscriptionId, last]));
  const unfinished = subscriptions.find(({ id }) => lastOf.get(id));
  if (unfinished) {
    await goOn(knex, { ...open, swept_subscription: unfinished.id, swept_to: lastOf.get(unfinished.id) ?? null });
  } else if (subscriptions.length === AT_ONCE) {
    await goOn(knex, { ...open, swept_subscription: subscriptions.at(-1)?.id ?? null, swept_to: LAST_ID });
  } else if (open.is_last) {
    await close(knex, open);
  } else {
    await goOn(knex, { ...open, swept_subscription: null, swept_to: null });
  }
  return true;
}

async function findOpen(knex: Knex): Promise<Open | undefined> {
  const { rows } = await knex.raw<{ rows: Open[] }>(
    `SELECT tenant_id, app_id, event_tenant_id, at::text, swept_subscription, swept_to, began::text,
            began > at + interval '${STAYS_OPEN}' AS is_last
     FROM (SELECT *, CASE WHEN swept_subscription IS NULL THEN now() ELSE pass_at END AS began FROM grant_cancellations) o
     WHERE pass_at IS NULL OR swept_subscription IS NOT NULL OR at < now() - interval '${STAYS_OPEN}'
     ORDER BY o.pass_at NULLS FIRST, o.at LIMIT 1`,
  );
  return rows[0];
}

const THIS = `tenant_id = ? AND app_id = ? AND event_tenant_id = ? AND at = ?::timestamptz`;
const keyOf = (open: Open) => [open.tenant_id, open.app_id, open.event_tenant_id, open.at];

/** Unless the grant was withdrawn once more meanwhile. */
async function close(knex: Knex, open: Open): Promise<void> {
  await knex.raw(`DELETE FROM grant_cancellations WHERE ${THIS}`, keyOf(open));
}

async function goOn(knex: Knex, open: Open): Promise<void> {
  await knex.raw(
    `UPDATE grant_cancellations SET pass_at = ?::timestamptz, swept_subscription = ?, swept_to = ? WHERE ${THIS}`,
    [open.began, open.swept_subscription, open.swept_to, ...keyOf(open)],
  );
}
