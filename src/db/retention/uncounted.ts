import type { Knex } from 'knex';
import { addDropped } from '../deliveryTotals';

/** A day of ten millions is read through. Nobody waits for it but the next look at the totals, for the drop. */
const COUNT_TIMEOUT_MS = 10 * 60_000;

/**
 * Adds the days that were dropped to the totals, and only then drops their tables: until then the totals count them where
 * they lie. What an interrupted round has left is found by its parent.
 */
export async function countDropped(knex: Knex): Promise<void> {
  while (await countOne(knex));
}

async function countOne(knex: Knex): Promise<boolean> {
  return knex.transaction(async (trx) => {
    await trx.raw("SELECT set_config('statement_timeout', ?, true)", [String(COUNT_TIMEOUT_MS)]);
    const { rows } = await trx.raw<{ rows: { name: string }[] }>(
      // Of two rounds at once, one counts.
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'deliveries_uncounted'::regclass
         AND pg_try_advisory_xact_lock(hashtext('postrider.retention'))
       ORDER BY c.relname LIMIT 1`,
    );
    const [table] = rows;
    if (!table) return false;
    await trx.raw(addDropped('?? AS gone'), [table.name]).options({ query_timeout: COUNT_TIMEOUT_MS });
    await trx.raw('DROP TABLE ??', [table.name]);
    return true;
  });
}
