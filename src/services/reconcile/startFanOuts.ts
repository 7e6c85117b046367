import { findUnfinishedEvents } from '../../db/carrying/fanOut';
import { eachOf } from './eachOf';
import type { Turn } from './turn';

/** Events of so many matches are rare, and each is minutes of work. Those that run are started again, which does nothing. */
const MAX_FAN_OUTS = 1000;

/** Starts the workflows of events whose deliveries are not all written. */
export async function startFanOuts(turn: Turn): Promise<boolean> {
  await eachOf(await findUnfinishedEvents(turn.db.knex, MAX_FAN_OUTS), turn, (event) =>
    turn.workflows.startFanOut(event),
  );
  return false;
}
