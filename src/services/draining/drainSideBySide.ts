import type { LaneStep } from '../../contracts/carrying';
import { beginStretch } from '../../db/carrying/lanes';
import { restLane } from '../../db/carrying/restLane';
import type { AttemptTarget } from '../attempts/attempt';
import type { Drain } from './drain';
import { drainRunning } from './drainRunning';
import { drainSick } from './drainSick';
import { waitStep } from './lookAtLane';
import type { SideBySide, SideBySideDeps } from './sideBySide';

/** A stretch this long ends, so that a workflow's history shows that it moves. */
const STRETCH_MS = 60_000;

export interface DrainSideBySideOptions extends SideBySideDeps {
  target(subscriptionId: string, version?: number): Promise<AttemptTarget>;
}

/** Empties an independent subscription's lane as its state allows, which may change at any moment. */
export function createDrainSideBySide({ target, ...deps }: DrainSideBySideOptions): Drain {
  return async ({ lane: { subscriptionId }, isStopped }) => {
    const endsAt = performance.now() + STRETCH_MS;
    const isOver = () => isStopped() || performance.now() > endsAt;
    while (!isOver()) {
      const lane = await beginStretch(deps.db, subscriptionId);
      if (!lane) return { next: 'end' };
      const part = { ...deps, lane, target: await target(subscriptionId), isOver };
      const step = await stepOf(part);
      if (step) return step;
    }
    return { next: 'drain' };
  };
}

/** @returns null when the lane has to be looked at again. */
async function stepOf(part: SideBySide): Promise<LaneStep | null> {
  switch (part.lane.state) {
    case 'running':
      return drainRunning(part);
    case 'sick':
      return drainSick(part);
    case 'paused':
      return hold(part);
    case 'idle':
    case 'awaiting_history':
    case 'retrying':
    case 'stopped':
      throw new Error(`the lane of an independent subscription cannot be ${part.lane.state}`);
  }
}

async function hold({ db, target }: SideBySide): Promise<LaneStep | null> {
  const rest = await restLane(db, { subscriptionId: target.id, as: 'paused' });
  if (rest.kind === 'wait')
    return waitStep(db, { lane: { subscriptionId: target.id, topic: '' }, waitMs: rest.waitMs });
  return rest.kind === 'asleep' ? { next: 'end' } : null;
}
