import { isAnythingOverdue as ask } from '../src/db/carrying/overdue';
import type { Database } from '../src/db/database';

/** Whether a round of reconcile has anything to do; hardly ever. Local activity. */
export function createIsAnythingOverdue({ db }: { db: Database }) {
  return async function isAnythingOverdue(): Promise<boolean> {
    return ask(db);
  };
}
