import { findOpenSetback, pullInDeliveries, pullInLanes } from '../../db/clockSetbacks';
import type { Turn } from './turn';

/**
 * PostgreSQL's clock has gone back, after a failover to a standby whose clock is behind: what waits for a time waits for as
 * much longer, so it is pulled in. Workflows that sleep for it are told by `carryOverdue` and `wakeLanes`.
 */
export async function pullInWaits({ db, mayGoOn }: Turn): Promise<boolean> {
  for (;;) {
    const setback = await findOpenSetback(db.knex);
    if (!setback) return false;
    if (!setback.lanesDone) await pullInLanes(db.knex, setback);
    await pullInDeliveries(db.knex, setback);
    if (!mayGoOn()) return true;
  }
}
