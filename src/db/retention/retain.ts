import type { Knex } from 'knex';
import { deleteExpiredAnswers } from '../firstAnswers';
import { TableInUse } from '../wholeTable';
import { daysPastRetention, type PastDay, type RetentionOf } from './days';
import { dropDay, isTooMuchToMove } from './dropDay';
import { sweep } from './sweep';
import { countDropped } from './uncounted';

const PAGE = 5000;

/** What a round did. Days are "YYYY-MM-DD". */
export interface RetentionResult {
  daysDropped: string[];
  /** They have more to keep than is moved at once: what else was in them was deleted. */
  daysKept: string[];
  /** Left to the next round, because the tables were in use. */
  daysInUse: string[];
  /** Deliveries that were deleted where a day could not be dropped. */
  deliveriesDeleted: number;
  /** Idempotency keys, of publishes and of calls that made something. */
  expiredKeys: number;
}

/**
 * One round of retention. What is still pending, or to be written, or finished less than `retentionDays` ago, stays with its
 * event and attempts.
 *
 * - A day past its retention that has little to keep is dropped; that little moves to the default partitions, the undated
 *   `…_kept` tables, where every read and write finds it as before.
 * - Of a day that has much to keep, and in the default partitions, what is past its retention is deleted in pages.
 *
 * It may end anywhere, and two may run at once: the next one goes on. `signal` ends it before the next day.
 */
export async function retain(knex: Knex, of: RetentionOf, signal?: AbortSignal): Promise<RetentionResult> {
  const result: RetentionResult = {
    daysDropped: [],
    daysKept: [],
    daysInUse: [],
    expiredKeys: (await dropExpiredKeys(knex)) + (await deleteExpiredAnswers(knex)),
    deliveriesDeleted: await sweep(knex, { ...of, day: null }),
  };
  for (const past of await daysPastRetention(knex, of)) {
    signal?.throwIfAborted();
    // What kept one waiting would keep the next one waiting, and everybody else meanwhile.
    const mayWait = result.daysInUse.length === 0;
    const outcome = await dropOrLeave(knex, { ...past, ...of, mayWait });
    result[outcome].push(past.day);
    if (outcome === 'daysKept') result.deliveriesDeleted += await sweep(knex, { ...of, day: past.day });
  }
  await countDropped(knex);
  await dropOldCancellations(knex);
  return result;
}

async function dropOrLeave(
  knex: Knex,
  { mayWait, ...past }: PastDay & RetentionOf & { mayWait: boolean },
): Promise<'daysDropped' | 'daysKept' | 'daysInUse'> {
  // Where the deliveries have gone already, it was little.
  if (past.tables.includes('deliveries') && (await isTooMuchToMove(knex, past))) return 'daysKept';
  if (!mayWait) return 'daysInUse';
  try {
    return (await dropDay(knex, past)) ? 'daysDropped' : 'daysKept';
  } catch (error) {
    if (error instanceof TableInUse) return 'daysInUse';
    throw error;
  }
}

/** Of the release before: this one keeps them elsewhere, and removes them itself. A day is longer than any rolling deploy. */
async function dropOldCancellations(knex: Knex): Promise<void> {
  for (;;) {
    const { rowCount } = await knex.raw<{ rowCount: number }>(
      `DELETE FROM cancellations WHERE id IN
         (SELECT id FROM cancellations WHERE at < now() - interval '1 day' ORDER BY id LIMIT ?)`,
      [PAGE],
    );
    if (rowCount < PAGE) return;
  }
}

async function dropExpiredKeys(knex: Knex): Promise<number> {
  let total = 0;
  for (;;) {
    const { rowCount } = await knex.raw<{ rowCount: number }>(
      `DELETE FROM idempotency_keys WHERE (tenant_id, key) IN
         (SELECT tenant_id, key FROM idempotency_keys WHERE expires_at < now() ORDER BY tenant_id, key LIMIT ?)`,
      [PAGE],
    );
    total += rowCount;
    if (rowCount < PAGE) return total;
  }
}
