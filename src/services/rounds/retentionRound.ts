import type { Database } from '../../db/database';
import { recordSuccess } from '../../db/maintenance';
import { forgetAudit } from '../../db/retention/forgetAudit';
import { type RetentionResult, retain } from '../../db/retention/retain';

/** Drops what is past its retention, never what is still pending. @throws when a day was left because its tables were in use. */
export async function retentionRound(
  db: Database,
  { retentionDays, signal }: { retentionDays: number; signal: AbortSignal },
): Promise<RetentionResult> {
  await forgetAudit(db.knex);
  const result = await retain(db.knex, { retentionDays }, signal);
  // Once is nothing; but a round that looks well while days pile up would be seen by nobody.
  if (result.daysInUse.length > 0) throw new Error(`left to the next round: ${JSON.stringify(result)}`);
  await recordSuccess(db, 'retention');
  return result;
}
