import { takeOverdueLanes } from '../../db/carrying/overdue';
import type { Turn } from './turn';

/** Marked awake in one statement. */
const PAGE = 500;

/** Wakes lanes whose workflow should have written by now. */
export async function wakeLanes({ db, lanes, target, result, mayGoOn }: Turn): Promise<boolean> {
  for (;;) {
    const overdue = await takeOverdueLanes(db.knex, PAGE);
    for (const { subscriptionId, topic } of overdue) {
      lanes.wake(await target(subscriptionId), topic);
      result.lanesWoken++;
    }
    if (overdue.length < PAGE) return false;
    if (!mayGoOn()) return true;
  }
}
