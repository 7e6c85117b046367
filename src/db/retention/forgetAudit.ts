import type { Knex } from 'knex';

/** Most rules that ask for such a record ask for a year of it. */
export const AUDIT_DAYS = 366;
const PAGE = 1000;
/** An hour's round deletes more than an hour writes, and ends. */
const MAX_PAGES = 100;

/** Deletes records of changes that are older than a year, in pages. @returns how many. */
export async function forgetAudit(knex: Knex): Promise<number> {
  let total = 0;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { rowCount } = await knex.raw<{ rowCount: number }>(
      `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < now() - ? * interval '1 day' ORDER BY at LIMIT ?)`,
      [AUDIT_DAYS, PAGE],
    );
    total += rowCount;
    if (rowCount < PAGE) break;
  }
  return total;
}
