import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { LaneInput, LaneStep } from '../src/contracts/carrying';
import type { LaneDrain } from '../src/services/laneDrain';

export interface DrainLaneDeps {
  laneDrain: LaneDrain;
}

/** One stretch of emptying a lane; a minute at most, so that a workflow's history shows that it moves. */
export function createDrainLane({ laneDrain }: DrainLaneDeps) {
  return async function drainLane({ subscriptionId }: LaneInput): Promise<LaneStep> {
    const signal = cancellationSignal();
    return laneDrain({ subscriptionId, onProgress: heartbeat, isStopped: () => signal.aborted });
  };
}
