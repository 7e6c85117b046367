import type { LaneStep } from '../../contracts/carrying';
import { readLaneStanding } from '../../db/carrying/laneStanding';
import { lookAtOrderedLane } from '../../db/carrying/lookAtLane';
import type { LaneRef } from '../../db/carrying/steerLanes';
import type { Database } from '../../db/database';

/** A look that comes too early is repeated soon, not at once. */
const MIN_WAIT_MS = 100;

/** What the workflow of an ordered lane does that nothing can go out of now. */
export async function lookAtLane(db: Database, lane: LaneRef): Promise<LaneStep> {
  const look = await lookAtOrderedLane(db, lane);
  if (look.kind === 'asleep') return { next: 'end' };
  if (look.kind === 'due') return { next: 'drain' };
  return waitStep(db, { lane, waitMs: Math.max(MIN_WAIT_MS, look.waitMs) });
}

/** A wait, with how the lane stands for its page. */
export async function waitStep(db: Database, { lane, waitMs }: { lane: LaneRef; waitMs: number }): Promise<LaneStep> {
  const standing = await readLaneStanding(db, lane);
  return standing ? { next: 'wait', waitMs, standing } : { next: 'end' };
}
