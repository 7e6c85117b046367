import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import { type LaneInput, SIGNAL_WAKE } from '../src/contracts/carrying';
import { LANE_STATE } from '../src/contracts/searchAttributes';
import type { LaneState } from '../src/contracts/states';
import { describeLane } from '../src/domain/describeStep';

const { drainLane } = proxyActivities<Pick<Activities, 'drainLane'>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** A held lane changes only by a signal; the look is for the count on its page. */
const LOOK_AGAIN = '10 minutes';

/**
 * Empties a lane in batches and ends when nothing waits behind it. Its activity puts the lane to sleep in PostgreSQL,
 * under the lane's lock; whoever puts something behind a sleeping lane wakes it, so nothing is missed here.
 */
export async function lane(input: LaneInput): Promise<void> {
  let isWoken = false;
  let shownState: LaneState = 'running';
  const show = (state: LaneState) => {
    if (state !== shownState) upsertSearchAttributes([{ key: LANE_STATE, value: state }]);
    shownState = state;
  };
  setHandler(defineSignal(SIGNAL_WAKE), () => {
    isWoken = true;
  });

  for (;;) {
    isWoken = false;
    const step = await drainLane(input);
    if (step.next === 'end' && !isWoken) return;
    show(step.next === 'held' ? step.state : 'running');
    if (step.next === 'wait' || step.next === 'held') {
      setCurrentDetails(describeLane(step));
      await condition(() => isWoken, step.next === 'wait' ? step.waitMs : LOOK_AGAIN);
    }
    if (workflowInfo().continueAsNewSuggested && !isWoken) await continueAsNew<typeof lane>(input);
  }
}
