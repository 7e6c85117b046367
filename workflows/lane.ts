import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import { type LaneInput, SIGNAL_WAKE } from '../src/contracts/carrying';
import { describeLane } from '../src/domain/describeStep';

const { drainLane } = proxyActivities<Pick<Activities, 'drainLane'>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/**
 * Empties a lane in batches and ends when nothing waits behind it. Its activity puts the lane to sleep in PostgreSQL,
 * under the lane's lock; whoever puts something behind a sleeping lane wakes it, so nothing is missed here.
 */
export async function lane(input: LaneInput): Promise<void> {
  let isWoken = false;
  setHandler(defineSignal(SIGNAL_WAKE), () => {
    isWoken = true;
  });
  for (;;) {
    isWoken = false;
    const step = await drainLane(input);
    if (step.next === 'end' && !isWoken) return;
    if (step.next === 'wait') {
      setCurrentDetails(describeLane(step));
      await condition(() => isWoken, step.waitMs);
    }
    if (workflowInfo().continueAsNewSuggested && !isWoken) await continueAsNew<typeof lane>(input);
  }
}
