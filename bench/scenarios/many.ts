import { type LaneFigures, laneRun } from './laneRun';
import type { Bench } from './run';

/** 1,000 push tasks, 100 of each subscription, 10 events each, one topic after the other. Nothing is held. */
export function many(bench: Bench): Promise<LaneFigures> {
  return laneRun(bench, { subscriptions: 10, topics: 100, events: 10, held: false });
}
