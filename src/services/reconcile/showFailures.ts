import { forgetFailures, takeFailuresToShow } from '../../db/carrying/failuresToShow';
import { inputOf } from './carryOverdue';
import { eachOf } from './eachOf';
import type { Turn } from './turn';

/** Started in a page: each costs Temporal about 35 ms. */
const PAGE = 100;

/** Starts the workflows of failed deliveries that no workflow has shown: the process that was to start one has ended, or had too many. */
export async function showFailures(turn: Turn): Promise<boolean> {
  const { db, workflows, mayGoOn } = turn;
  for (;;) {
    const failures = await takeFailuresToShow(db.knex, PAGE);
    const started: string[] = [];
    const starting = eachOf(failures, turn, async (failure) => {
      await workflows.startDelivery(await inputOf(failure, turn));
      started.push(failure.deliveryId);
    });
    const [result] = await Promise.allSettled([starting]);
    if (started.length > 0) await forgetFailures(db.knex, started);
    if (result.status === 'rejected') throw result.reason;
    if (failures.length < PAGE) return false;
    if (!mayGoOn()) return true;
  }
}
