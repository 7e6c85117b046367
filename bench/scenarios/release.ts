import { type LaneFigures, laneRun } from './laneRun';
import type { Bench } from './run';

/** 10,000 held events of one push task, released. */
export function release(bench: Bench): Promise<LaneFigures> {
  return laneRun(bench, { subscriptions: 1, topics: 1, events: 10_000, held: true });
}
