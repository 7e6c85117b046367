import type { Database } from '../src/db/database';
import { recordSuccess } from '../src/db/maintenance';
import { forgetAudit } from '../src/db/retention/forgetAudit';
import { type RetentionResult, retain } from '../src/db/retention/retain';

export interface RetentionDeps {
  db: Database;
  retentionDays: number;
}

/** Drops what is past its retention, never what is still pending. @throws when a day was left because its tables were in use. */
export function createRetention({ db, retentionDays }: RetentionDeps) {
  return async function retention(): Promise<RetentionResult> {
    await forgetAudit(db.knex);
    const result = await retain(db.knex, { retentionDays });
    // Once is nothing; but a round that looks well while days pile up would be seen by nobody.
    if (result.daysInUse.length > 0) throw new Error(`left to the next round: ${JSON.stringify(result)}`);
    await recordSuccess(db, 'retention');
    return result;
  };
}
