import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { sweepGrants } from './sweepGrants';
import { sweepSubscriptions } from './sweepSubscriptions';

/** Of a sweep's time. Deliveries need PostgreSQL now; what is cancelled is neither claimed nor shown as pending meanwhile. */
const WORKING_PART = 0.25;

/**
 * Brings the rows of what is cancelled as a whole into line: claims refuse these deliveries already, and reads show them as
 * cancelled. Page by page, each a transaction, so it may end anywhere; after each it rests, so that a million of them take
 * a quarter of one of PostgreSQL's cores.
 *
 * @param mayGoOn asked after each statement. @returns whether something is left to sweep now.
 */
export async function sweepCancellations(knex: Knex, mayGoOn: () => boolean): Promise<boolean> {
  for (;;) {
    const beganAt = performance.now();
    const hasSubscriptions = await sweepSubscriptions(knex);
    const hasGrants = await sweepGrants(knex);
    if (!hasSubscriptions && !hasGrants) return false;
    if (!mayGoOn()) return true;
    await sleep((performance.now() - beganAt) * (1 / WORKING_PART - 1));
  }
}
