import type { Knex } from 'knex';
import { sweepGrants } from './sweepGrants';
import { sweepSubscriptions } from './sweepSubscriptions';

/**
 * Brings the rows of what is cancelled as a whole into line: claims refuse these deliveries already, and reads show them as
 * cancelled. Page by page, each a transaction, so it may end anywhere.
 *
 * @param mayGoOn asked after each statement. @returns whether something is left to sweep now.
 */
export async function sweepCancellations(knex: Knex, mayGoOn: () => boolean): Promise<boolean> {
  for (;;) {
    const hasSubscriptions = await sweepSubscriptions(knex);
    const hasGrants = await sweepGrants(knex);
    if (!hasSubscriptions && !hasGrants) return false;
    if (!mayGoOn()) return true;
  }
}
