import { isAnythingOverdue as ask } from '../src/db/carrying/overdue';
import type { Database } from '../src/db/database';
import { recordSuccess } from '../src/db/maintenance';

/** Whether a round of reconcile has anything to do; hardly ever. One that has not has succeeded with this. Local activity. */
export function createIsAnythingOverdue({ db }: { db: Database }) {
  return async function isAnythingOverdue(): Promise<boolean> {
    const isAny = await ask(db);
    if (!isAny) await recordSuccess(db, 'reconcile');
    return isAny;
  };
}
