import type { LaneStep } from '../../contracts/carrying';
import type { LaneRef } from '../../db/carrying/steerLanes';

/** One stretch of emptying a lane, as long as its activity lets it. */
export interface Stretch {
  lane: LaneRef;
  /** The activity was cancelled, or its worker shuts down: nothing new is begun. */
  isStopped(): boolean;
}

/** @returns what the lane's workflow does next. @throws only for faults of ours. */
export type Drain = (stretch: Stretch) => Promise<LaneStep>;
