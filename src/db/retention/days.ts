import type { Knex } from 'knex';
import { PARTITIONED_TABLES, type PartitionedTable } from '../partitions';

export interface RetentionOf {
  retentionDays: number;
}

/** A day whose events were all accepted before the retention; `tables`: those that still have a partition for it. */
export interface PastDay {
  /** "YYYY-MM-DD" */
  day: string;
  tables: PartitionedTable[];
}

/** What finished until then is past its retention. Hours: a day of the session's time zone may have 23 or 25. */
export const CUTOFF = "now() - ?::int * interval '24 hours'";

/**
 * Row by row, by index and in its order, in the one partition that a row's day names, whatever the planner takes the sizes
 * for: what it would scan, hash or sort is a day of millions, or every delivery there is.
 */
export const BY_INDEX = ['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin']
  .map((way) => `SET LOCAL enable_${way} = off`)
  .join(';');

/** Oldest first. */
export async function daysPastRetention(knex: Knex, { retentionDays }: RetentionOf): Promise<PastDay[]> {
  const { rows } = await knex.raw<{ rows: PastDay[] }>(
    `SELECT day::text, array_agg(parent::text) AS tables
     FROM (
       SELECT p.relname AS parent, to_date(right(c.relname, 8), 'YYYYMMDD') AS day
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
       WHERE p.oid = ANY(?::regclass[]) AND c.relname ~ '_[0-9]{8}$'
     ) d
     WHERE day < (now() AT TIME ZONE 'UTC')::date - ?::int
     GROUP BY day ORDER BY day`,
    [[...PARTITIONED_TABLES], retentionDays],
  );
  return rows;
}
