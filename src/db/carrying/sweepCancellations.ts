import type { Knex } from 'knex';
import { COVERED } from './rows';

const PAGE = 1000;
/** Longer than any statement may take: what was being accepted when it was made is covered too. */
const STAYS_OPEN = '20 s';

/**
 * Writes what open cancellations cover, a page at a time, and closes each when nothing is left and nothing can follow. Claims refuse these
 * deliveries already and reads show them as cancelled: this only brings the rows in line.
 */
export async function sweepCancellations(knex: Knex): Promise<void> {
  const open = await knex('cancellations').whereNull('done_at').orderBy('id').select('id');
  for (const { id } of open) {
    while ((await sweepPage(knex, id)) === PAGE);
    await knex('cancellations')
      .where({ id })
      .whereRaw(`at < now() - interval '${STAYS_OPEN}'`)
      .update({ done_at: knex.fn.now() });
  }
}

async function sweepPage(knex: Knex, cancellationId: string): Promise<number> {
  const result = await knex.raw<{ rowCount: number }>(
    `UPDATE deliveries d SET state = 'cancelled', reason = x.reason, finished_at = now(), due_by = NULL, next_attempt_at = NULL
     FROM cancellations x CROSS JOIN LATERAL (
       SELECT d.id, d.day FROM deliveries d
       WHERE d.state = 'pending' AND ${COVERED}
       ORDER BY d.id LIMIT ? FOR UPDATE
     ) AS page
     WHERE x.id = ? AND d.id = page.id AND d.day = page.day`,
    [PAGE, cancellationId],
  );
  return result.rowCount;
}
