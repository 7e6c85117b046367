import type { Database } from '../src/db/database';
import { type RetentionResult, retain } from '../src/db/retention';

export interface RetentionDeps {
  db: Database;
  retentionDays: number;
}

/** Drops what is past its retention, never what is still pending. */
export function createRetention({ db, retentionDays }: RetentionDeps) {
  return async function retention(): Promise<RetentionResult> {
    return retain(db.knex, { retentionDays });
  };
}
